#!/usr/bin/env python3
"""apt.py: the target suite's own apt on index files, for the solving tests.

  apt.py solve  INDEX… < LISTS          prints apt's answers ("# NAME", then "package version" lines)
  apt.py record FOLDER INDEX…           FOLDER/lists holds "name: package …" lines: writes FOLDER/*.xz (the
                                        stanzas that solving these lists can reach) and FOLDER/answers
  apt.py check  FOLDER                  apt on the recorded indexes must give the recorded answers

INDEX…: Packages files (plain or .xz) of main, updates and security, in this order. Apt simulates an install
of all Essential packages and the list on an empty system, without Recommends. Which apt: $HIEBOX_APT_ROOT
(a folder with apt and libapt-pkg of the suite, run by the loader and libraries of $HIEBOX_TOOLS_ROOT), or
this machine's own when it is version 3.
"""
import lzma
import os
import re
import subprocess
import sys
import tempfile

INDEXES = ("main", "updates", "security")
# What solving looks at; the rest of a stanza is left out of the record.
FIELDS = ("Package", "Version", "Architecture", "Multi-Arch", "Essential", "Protected", "Important", "Priority",
          "Pre-Depends", "Depends", "Conflicts", "Breaks", "Recommends", "Suggests", "Provides")
RELATIONS = FIELDS[8:]
# What every stanza of an archive has and no solver looks at.
FILLER = "Filename: pool/recorded.deb\nSize: 1\nSHA256: " + "0" * 64 + "\n"


def read(path):
    with (lzma.open if path.endswith(".xz") else open)(path, "rb") as file:
        return file.read().decode()


def stanzas(text):
    """Every stanza as a dictionary; folded lines are joined."""
    for stanza in text.split("\n\n"):
        fields, last = {}, None
        for line in stanza.split("\n"):
            if line[:1] in " \t" and last and line:
                fields[last] += line
            elif line:
                last, _, value = line.partition(":")
                fields[last] = value.strip()
        if fields:
            yield fields


def names(relations):
    for group in relations.split(","):
        for alternative in group.split("|"):
            if alternative.strip():
                yield re.split(r"[\s(:\[<]", alternative.strip(), maxsplit=1)[0]


def essential(texts):
    return sorted({fields["Package"] for text in texts for fields in stanzas(text)
                   if fields.get("Essential") == "yes"})


class Apt:
    """Apt on a system with nothing installed and the given indexes."""

    def __init__(self, work, texts):
        self.work, root = work, os.environ.get("HIEBOX_APT_ROOT")
        self.seeds = essential(texts)
        for folder in ("lists/partial", "cache/archives/partial", "etc/apt.conf.d", "etc/preferences.d", "log",
                       "methods"):
            os.makedirs(f"{work}/{folder}", exist_ok=True)
        open(f"{work}/status", "w").close()
        self.start = []
        if root:
            libraries = os.environ["HIEBOX_TOOLS_ROOT"] + "/usr/lib/x86_64-linux-gnu"
            self.start = [f"{libraries}/ld-linux-x86-64.so.2", "--library-path",
                          f"{root}/usr/lib/x86_64-linux-gnu:{libraries}"]
        self.program = (root or "") + "/usr/bin/apt-get"
        # Simulating starts a method although nothing is fetched.
        with open(f"{work}/methods/file", "w") as file:
            file.write("#!/bin/sh\nexec " + " ".join(self.start + [(root or "") + "/usr/lib/apt/methods/file"]))
        os.chmod(f"{work}/methods/file", 0o755)
        with open(f"{work}/sources.list", "w") as sources:
            for name, text in zip(INDEXES, texts):
                sources.write(f"deb [trusted=yes] file:/{name} ./\n")
                with open(f"{work}/lists/_{name}_._Packages", "w") as file:
                    file.write(text)
        with open(f"{work}/apt.conf", "w") as file:
            file.write(f"""Dir "{work}"; Dir::Etc "{work}/etc"; Dir::Etc::sourcelist "{work}/sources.list";
Dir::Etc::sourceparts "-"; Dir::State "{work}"; Dir::State::lists "{work}/lists";
Dir::State::status "{work}/status"; Dir::State::extended_states "{work}/extended_states";
Dir::Cache "{work}/cache"; Dir::Log "{work}/log"; Dir::Bin::methods "{work}/methods";
APT::Architecture "amd64"; APT::Architectures "amd64"; APT::Sandbox::User ""; Acquire::Languages "none";
""")

    def run(self, *arguments):
        environment = dict(os.environ, APT_CONFIG=f"{self.work}/apt.conf", LC_ALL="C")
        return subprocess.run([*self.start, self.program, *arguments], env=environment, capture_output=True,
                              text=True)

    def solve(self, packages):
        """The set of (name, version); None when apt refuses."""
        result = self.run("-s", "-o", "Debug::NoLocking=1", "install", "--no-install-recommends", *self.seeds,
                          *packages)
        if result.returncode != 0:
            if "unmet dependencies" not in result.stdout + result.stderr and \
                    "Unable to correct problems" not in result.stderr and "Unable to satisfy" not in result.stderr:
                sys.exit(f"apt.py: apt failed: {result.stderr}")
            return None
        return set(re.findall(r"^Inst ([^ :]*)\S* \((\S*) ", result.stdout, re.M))


def reduce(texts, wanted):
    """The stanzas that solving `wanted` can reach: by any alternative, any provider, any version. In front of
    them one that only mentions all their names in their old order: apt breaks ties by which name it heard of
    first, and names that were mentioned by a stanza left out would change places."""
    kept, order, providers, all_stanzas = set(), {}, {}, []
    for index, text in enumerate(texts):
        for fields in stanzas(text):
            number = len(all_stanzas)
            all_stanzas.append((index, fields))
            for name in [fields["Package"]] + [n for f in RELATIONS[:-1] + ("Replaces", "Enhances", "Provides") for n in names(fields.get(f, ""))]:
                order.setdefault(name, len(order))
            for name in {fields["Package"], *names(fields.get("Provides", ""))}:
                providers.setdefault(name, []).append(number)
    queue = [number for name in wanted for number in providers.get(name, [])]
    while queue:
        number = queue.pop()
        if number in kept:
            continue
        kept.add(number)
        for field in ("Pre-Depends", "Depends"):
            for name in names(all_stanzas[number][1].get(field, "")):
                queue += [other for other in providers.get(name, []) if other not in kept]
    heard = {n for number in kept for f in ("Package",) + RELATIONS
             for n in names(all_stanzas[number][1].get(f, "")) if n in providers}
    mention = ", ".join(sorted(heard, key=order.get))
    result = [f"Package: hiebox-recorded-order\nVersion: 1\nArchitecture: all\n{FILLER}Suggests: {mention}\n", "", ""]
    for number in sorted(kept):
        index, fields = all_stanzas[number]
        result[index] += ("\n" if result[index] else "") + FILLER.join(
            ["", "".join(f"{f}: {fields[f]}\n" for f in FIELDS if f in fields)])
    return result


def read_lists(text):
    lines = [line for line in text.split("\n") if line and not line.startswith("#")]
    return {line.split(":")[0]: line.split(":")[1].split() for line in lines}


def answers_text(answers):
    """One line per package: "name version LIST…", "*" when it is in every answer."""
    lists, refused = {}, sorted(name for name, answer in answers.items() if answer is None)
    for name, answer in answers.items():
        for package in answer or ():
            lists.setdefault(package, []).append(name)
    count = len(answers) - len(refused)
    lines = ["refused " + " ".join(refused)] if refused else []
    lines += [f"{name} {version} {'*' if len(members) == count else ' '.join(members)}"
              for (name, version), members in sorted(lists.items())]
    return "\n".join(lines) + "\n"


def solve_all(texts, lists):
    with tempfile.TemporaryDirectory() as work:
        apt = Apt(work, texts)
        return {name: apt.solve(packages) for name, packages in lists.items()}


def command_solve(paths):
    for name, answer in solve_all([read(path) for path in paths], read_lists(sys.stdin.read())).items():
        print(f"# {name}{'' if answer is not None else ' refused'}")
        for package, version in sorted(answer or ()):
            print(package, version)


def command_record(folder, paths):
    texts = [read(path) for path in paths]
    lists = read_lists(read(f"{folder}/lists"))
    reduced = reduce(texts, essential(texts) + [name for packages in lists.values() for name in packages])
    whole, part = solve_all(texts, lists), solve_all(reduced, lists)
    wrong = [name for name in lists if whole[name] != part[name]]
    if wrong:
        sys.exit(f"apt.py: apt answers otherwise on the reduced indexes: {wrong}")
    for name, text in zip(INDEXES, reduced):
        data = lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME)
        with open(f"{folder}/{name}.xz", "wb") as file:
            file.write(data)
        print(f"{folder}/{name}.xz: {text.count('Package: ')} stanzas, {len(data)} bytes")
    with open(f"{folder}/answers", "w") as file:
        file.write(answers_text(whole))
    print(f"{folder}/answers: {len(lists)} lists; apt answers alike on the whole indexes and on the reduced ones")


def command_check(folder):
    lists = read_lists(read(f"{folder}/lists"))
    got = answers_text(solve_all([read(f"{folder}/{name}.xz") for name in INDEXES], lists))
    if got != read(f"{folder}/answers"):
        sys.exit(f"apt.py: apt no longer gives {folder}/answers")
    print(f"{len(lists)} lists")


if __name__ == "__main__":
    if sys.argv[1:2] == ["solve"] and len(sys.argv) > 2:
        command_solve(sys.argv[2:])
    elif sys.argv[1:2] == ["record"] and len(sys.argv) == 6:
        command_record(sys.argv[2], sys.argv[3:])
    elif sys.argv[1:2] == ["check"] and len(sys.argv) == 3:
        command_check(sys.argv[2])
    else:
        sys.exit(__doc__)
