"""box.py: what the scripts share that look at a booted box from its host. Each is called with LEADER, the box's first
process, as its first word, runs in the box's network (nsenter -n) and prints lines of the Test Anything Protocol."""
import hashlib
import pathlib
import subprocess
import sys
import time

LEADER = sys.argv[1] if len(sys.argv) > 1 else ""
HOME = pathlib.Path(f"/proc/{LEADER}/root", "var/lib/hie")
ROUTER = "http://127.0.0.1:5001"
ROOT = "root@openhim.org"


def check(name, good, seen=""):
    """One line, whatever was seen: lines of a box are relayed one by one (lib.sh)."""
    print(f"ok - {name}" if good else f"not ok - {name}: {str(seen)[:1500]}".replace("\n", " "), flush=True)
    return bool(good)


def run(*words, text=None):
    """A program inside the box, as root."""
    return subprocess.run(["nsenter", "-t", LEADER, "-a", *words], capture_output=True, text=True, input=text)


def inside(*words, text=None):
    return run(*words, text=text).stdout


def secret(name):
    return (HOME / "secrets" / name).read_text().strip()


def until(question, seconds=30, pause=0.3):
    """The first answer that is true, else the last one."""
    end = time.time() + seconds
    while not (answer := question()) and time.time() < end:
        time.sleep(pause)
    return answer


def sha512(text):
    return hashlib.sha512(text.encode()).hexdigest()


def openhim_headers(user, salt, inner, ts):
    """What OpenHIM's API wants with every request; `inner`: sha512 of salt and password."""
    return {"auth-username": user, "auth-ts": ts, "auth-salt": salt, "auth-token": sha512(inner + salt + ts)}
