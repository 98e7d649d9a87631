#!/usr/bin/env python3
"""Makes a mirror of the packages that a lock names, from a store that has them.

    lock_mirror.py LOCK STORE FOLDER

FOLDER/debian/pool/… and FOLDER/debian-security/pool/… become links to the store's files. Prints how many are missing."""
import os
import sys

missing = 0
for line in open(sys.argv[1]):
    words = line.split()
    if not words or words[0] not in ("image", "tools"):
        continue
    digest = next(word for word in words if len(word) == 64)
    path = next(word for word in words if word.startswith("pool/"))
    archive = next(word for word in words if word in ("debian", "debian-security"))
    blob = os.path.join(sys.argv[2], "blobs/sha256", digest[:2], digest)
    missing += not os.path.exists(blob)
    link = os.path.join(sys.argv[3], archive, path)
    os.makedirs(os.path.dirname(link), exist_ok=True)
    if not os.path.lexists(link):
        os.symlink(blob, link)
print(missing)
