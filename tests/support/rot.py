#!/usr/bin/env python3
"""Changes one byte of one file of a store, COUNT times, and expects verify-store to find it each time.

    rot.py HIEBOX STORE COUNT

Files that check themselves whenever they are used (the solver's tables, signed files) are left to those checks. Each file
is put back afterwards. Prints TAP."""
import collections
import os
import random
import re
import shutil
import subprocess
import sys

HIEBOX, STORE, COUNT = sys.argv[1], sys.argv[2], int(sys.argv[3])
KINDS = ("blobs", "layers", "tools", "indexes", "unpacked")
SELF_CHECKING = (".table", ".InRelease", ".part", ".digest")


def files_of(kind):
    found = []
    for folder, _, names in os.walk(os.path.join(STORE, kind)):
        for name in names:
            path = os.path.join(folder, name)
            if not os.path.islink(path) and os.path.getsize(path) and not name.endswith(SELF_CHECKING):
                found.append(path)
    return sorted(found)


def verify():
    done = subprocess.run([HIEBOX, "verify-store", "--store", STORE], capture_output=True, text=True)
    found = re.search(r" (\d+) wrong and removed", done.stdout)
    return int(found.group(1)) if found else -1


def main():
    missed, tried = [], collections.Counter()
    kinds = [kind for kind in KINDS if files_of(kind)]
    for i in range(COUNT):
        kind = kinds[i % len(kinds)]
        path = random.choice(files_of(kind))
        home = path if kind in ("blobs", "indexes", "unpacked") else os.path.join(STORE, kind, os.path.relpath(path, os.path.join(STORE, kind)).split("/")[0])
        backup = os.path.join(STORE, "backup")
        # other names for what is there; the changed file is a new one, so that the original comes back untouched
        subprocess.run(["cp", "-al", home, backup], check=True)
        place = random.randrange(os.path.getsize(path))
        shutil.copy2(path, path + ".changed")
        with open(path + ".changed", "r+b") as file:
            file.seek(place)
            byte = file.read(1)
            file.seek(place)
            file.write(bytes([byte[0] ^ (1 << random.randrange(8))]))
        os.rename(path + ".changed", path)
        wrong = verify()
        tried[kind] += 1
        if wrong != 1 or os.path.exists(path):
            missed.append(f"{path} byte {place}: {wrong} wrong")
        if os.path.isdir(home):
            shutil.rmtree(home)
        elif os.path.exists(home):
            os.unlink(home)
        os.rename(backup, home)
    for line in missed:
        print(f"# {line}")
    print("# bytes changed in: " + ", ".join(f"{kind} {count}" for kind, count in tried.items()))
    print("not ok" if missed else "ok", f"- verify-store found {COUNT - len(missed)} of {COUNT} changed bytes")
    left = verify()
    print("ok" if left == 0 else "not ok", "- and nothing else")


main()
