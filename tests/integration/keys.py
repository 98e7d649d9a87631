#!/usr/bin/env python3
"""keys.py KNOWN TREE…: every private key in the trees (PEM, DER, OpenSSH, PuTTY, PKCS#12, Java key stores; also inside
jars, zips and gzipped files), but for those that the file KNOWN lists with a reason. One "not ok" line for each."""
import fnmatch, gzip, io, os, re, stat, sys, zipfile

LARGE = 64 << 20
PEM = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----(?:\\[rn]|[\s\"'+\\])*(?:[A-Za-z-]+: [^\n]*\n\s*)*[A-Za-z0-9+/]{40}")
# DER at the start of a file: RSA (RFC 8017), PKCS#8 (RFC 5958), EC (RFC 5915); PKCS#12 (RFC 7292), encrypted PKCS#8
LENGTH = rb"(?:[\x00-\x7f]|\x81.|\x82..|\x83...)"
DER = re.compile(rb"\x30" + LENGTH + rb"(?:\x02\x01\x00\x02(?:\x41|\x81\x81|\x82..)\x00|\x02\x01[\x00\x01]\x30.{2,20}?\x06.{2,12}?\x04|\x02\x01\x01\x04[\x20\x30\x42]"
                 rb"|\x02\x01\x03\x30|\x30.{1,3}\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05)", re.S)

def java_store(data):
    """Does a JKS or JCEKS store hold a private key (entry tag 1, secret 3)?"""
    return data[:4] in (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce") and len(data) > 16 and data[8:12] != b"\0\0\0\0" and data[12:16] != b"\0\0\0\2"

def kinds(data):
    if PEM.search(data):
        yield "PEM"
    if b"openssh-key-v1\0" in data[:64] or b"PuTTY-User-Key-File-" in data[:64]:
        yield "SSH"
    if DER.match(data):
        yield "DER"
    if java_store(data):
        yield "Java key store"

def look(name, data, depth=0):
    for kind in kinds(data):
        yield name, kind
    if depth > 2:
        return
    if data[:4] == b"PK\3\4":
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for member in archive.infolist():
                    if 32 < member.file_size < LARGE:
                        yield from look(f"{name}!{member.filename}", archive.read(member), depth + 1)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError):
            pass
    elif data[:2] == b"\x1f\x8b":
        try:
            yield from look(f"{name}!", gzip.decompress(data), depth + 1)
        except (OSError, EOFError, gzip.zlib.error):
            pass

known = [line.split(None, 1) for line in open(sys.argv[1]) if line.strip() and not line.startswith("#")]
files = size = listed = 0
found = []
for tree in sys.argv[2:]:
    for folder, _, names in os.walk(tree):
        for name in names:
            path = os.path.join(folder, name)
            about = os.lstat(path)
            if not stat.S_ISREG(about.st_mode) or not 32 < about.st_size:
                continue
            shown = os.path.relpath(path, tree)
            files, size = files + 1, size + about.st_size
            with open(path, "rb") as file:
                data = file.read(LARGE)
            for where, kind in look(shown, data):
                if any(fnmatch.fnmatchcase(where, pattern) for pattern, _ in known):
                    listed += 1
                else:
                    found.append((where, kind))
for where, kind in found[:50]:
    print(f"not ok - no private key in the image: {where} ({kind})")
print(f"{'not ok' if found else 'ok'} - {files} files of {size >> 20} MB and what is packed in them hold no private key but {listed} that are listed")
print("END")
