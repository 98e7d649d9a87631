"""put_seed.py SEED BASE: what a data set's files hold, put into a FHIR server that has it not yet, file by file in the order
of its seed.yaml; for tests on a box that was built without it. Says how long each took."""
import re
import sys
import time
import urllib.request

seed, base = sys.argv[1:]
for name in re.findall(r"^  - (\S+\.json)$", open(f"{seed}/seed.yaml", encoding="utf-8").read(), re.M):
    began = time.time()
    with open(f"{seed}/{name}", "rb") as file:
        request = urllib.request.Request(base, file.read(), {"Content-Type": "application/fhir+json"})
    with urllib.request.urlopen(request, timeout=300) as answer:
        print(f"{name}: {answer.status}, {time.time() - began:.1f} s")
