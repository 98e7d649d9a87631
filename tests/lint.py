#!/usr/bin/env python3
"""lint: the rules that keep the rooms apart and the code small. Prints file:line: rule; exit 1 when any.

Rules: rooms look only down and only through doors; each library is named in one room; functions at most
80 lines and five parameters, files at most 600 lines; banned calls; no registry host names; clean text.
"""
import glob
import os
import re
import subprocess
import sys

ROOMS = ["base", "document", "http", "schema", "recipe", "plan", "fetch", "assemble", "image", "export", "machine", "proof", "commands"]
BESIDE = {"workflow": ["base", "document", "http", "schema"], "card": ["base", "document", "http", "schema"],
          "agent": ["base", "document", "http", "schema", "workflow", "card"]}
LIBRARIES = {
    "openssl/": ["base"], "yaml.h": ["document"], "jansson.h": ["document"], "curl/": ["http"],
    "solv/": ["plan"], "archive.h": ["assemble"], "archive_entry.h": ["assemble"],
    "zlib.h": ["export"], "zstd.h": ["export"], "systemd/": ["commands", "agent"],
    "libfdisk/": ["image"], "microhttpd.h": ["agent"], "qrencode.h": ["agent"],
}
BANNED = r"\b(strcpy|strcat|sprintf|vsprintf|gets|system|popen|strtok|atoi|atol|alloca|tmpnam|mktemp|rand)\s*\("
MAX_FUNCTION, MAX_FILE, MAX_PARAMETERS = 80, 600, 5
problems = []


def report(path, line, text):
    problems.append(f"{path}:{line}: {text}")


def allowed_rooms(room):
    if room in BESIDE:
        return BESIDE[room]
    below = ROOMS[:ROOMS.index(room)]
    return below + (["workflow", "card"] if room in ("proof", "commands") else [])


def check_includes(path, room, lines):
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#\s*include\s+([<"])([^>"]+)[>"]', line)
        if not match:
            continue
        kind, name = match.groups()
        for library, rooms in LIBRARIES.items():
            if kind == "<" and (name == library or (library.endswith("/") and name.startswith(library))):
                if room not in rooms:
                    report(path, number, f"<{name}> may be named in {', '.join(rooms)} only")
        if kind == '"':
            other = name.split("/")[0]
            if "/" not in name or not os.path.exists(f"builder/{name}"):
                report(path, number, f'"{name}": write the path from builder/')
            elif other != room:
                if other not in allowed_rooms(room):
                    report(path, number, f"{room} must not look into {other}: rooms look down only")
                elif name != f"{other}/{other}.h":
                    report(path, number, f"{name} is inside another room: include its door {other}/{other}.h")


def strip_code(text):
    """Blanks comments, strings and character constants, keeping line numbers."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


def check_functions(path, code):
    lines = code.split("\n")
    start = None
    for number, line in enumerate(lines, 1):
        if line.startswith("{"):
            start = number
            check_parameters(path, lines, number)
        elif line.startswith("}") and start:
            if number - start - 1 > MAX_FUNCTION:
                report(path, start, f"function of {number - start - 1} lines: at most {MAX_FUNCTION}")
            start = None


def check_parameters(path, lines, brace):
    head = ""
    for back in range(brace - 2, max(brace - 12, -1), -1):
        if re.match(r"^[};#]", lines[back]) or not lines[back].strip():
            break
        head = lines[back] + " " + head
    match = re.search(r"\w+\((.*)\)\s*$", head)
    if not match or re.match(r"\s*(struct|enum|union|static const)\b[^()]*$", head):
        return
    depth, count = 0, 1
    for character in match.group(1):
        depth += {"(": 1, ")": -1}.get(character, 0)
        count += character == "," and depth == 0
    if "struct MHD_Connection *" in head:  # a callback: libmicrohttpd says what it takes
        return
    if count > MAX_PARAMETERS:
        report(path, brace, f"function with {count} parameters: at most {MAX_PARAMETERS}")


def check_source(path, room):
    text = open(path, encoding="utf-8").read()
    lines = text.split("\n")
    if len(lines) - 1 > MAX_FILE:
        report(path, len(lines) - 1, f"file of {len(lines) - 1} lines: at most {MAX_FILE}")
    check_includes(path, room, lines)
    code = strip_code(text)
    for number, line in enumerate(code.split("\n"), 1):
        match = re.search(BANNED, line)
        if match:
            report(path, number, f"{match.group(1)}() is banned")
    if path.endswith(".c"):
        check_functions(path, code)
    return text


def tracked_files():
    listing = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], capture_output=True)
    names = listing.stdout.decode().split("\0")
    if listing.returncode:  # no clone, or somebody else's
        names = [os.path.join(d, n)[2:] for d, _, files in os.walk(".") for n in files
                 if not d.startswith(("./build", "./images", "./.git")) or d.startswith("./builder")]
    return [name for name in names if name and os.path.isfile(name)]


def registry_hosts():
    """Hosts of this machine's own package configuration: none may stand in the tree."""
    hosts = set()
    for name in glob.glob("/etc/apt/sources.list") + glob.glob("/etc/apt/sources.list.d/*"):
        try:
            hosts |= set(re.findall(r"https?://([^/\s]+)", open(name, errors="replace").read()))
        except OSError:
            pass
    for name in [os.path.expanduser("~/.npmrc"), "/etc/npmrc", os.path.expanduser("~/.m2/settings.xml"),
                 "/etc/maven/settings.xml", os.path.expanduser("~/.pip/pip.conf"), "/etc/pip.conf"]:
        try:
            text = re.sub(r"<!--.*?-->", "", open(name, errors="replace").read(), flags=re.S)
            hosts |= set(re.findall(r"(?:registry|<url>|index-url)\s*=?\s*https?://([^/\s<]+)", text))
        except OSError:
            pass
    return {host for host in hosts if re.search(r"[a-z]\.[a-z]", host) and host != "www.w3.org"}


# What every package client knows by heart; written in halves so that this file passes its own rule.
KNOWN_HOSTS = {"deb.debian" + ".org", "security.debian" + ".org", "registry.npmjs" + ".org",
               "repo.maven.apache" + ".org", "repo1.maven" + ".org", "pypi" + ".org", "ftp.debian" + ".org"}


def check_text(path):
    try:
        text = open(path, encoding="utf-8").read()
    except UnicodeDecodeError:
        return
    hosts = registry_hosts_cached | KNOWN_HOSTS
    for number, line in enumerate(text.split("\n"), 1):
        for host in hosts:
            if host in line:
                report(path, number, "a registry host name: take it from the machine's configuration")
        if re.search(r"/work/(main|shared|scratch)|/root/", line) and path not in ("tests/lint.py",):
            report(path, number, "a path of a developer's machine")
        if re.search(r"[ \t]+$", line) and not path.endswith((".md", ".patch")) and "/cases/" not in path \
                and "/corpus/" not in path:
            report(path, number, "white space at the end of the line")


def check_top_level():
    wanted = {"builder", "recipes", "overlays", "units", "tests", "Makefile", "README.md", "images", "LICENSE", "build"}
    for name in os.listdir("."):
        if not name.startswith(".") and name not in wanted:
            report(name, 1, "does not belong at the top level")


os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
registry_hosts_cached = registry_hosts()
for directory, _, names in os.walk("builder"):
    room = directory.split("/")[1] if "/" in directory else ""
    for name in names:
        if name.endswith((".c", ".h")):
            if room not in ROOMS and room not in BESIDE:
                report(f"{directory}/{name}", 1, f"unknown room {room!r}")
            else:
                check_source(f"{directory}/{name}", room)
for name in tracked_files():
    check_text(name)
check_top_level()
problems.sort()
print("\n".join(problems) if problems else "lint: nothing to say")
sys.exit(1 if problems else 0)
