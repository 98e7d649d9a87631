#!/usr/bin/env python3
"""story.py LEADER: in the network of a booted demo whose first process is LEADER. What stands behind a click on the screens:
each request the first time after the start, and then the median of RUNS (20), through the exchange (port 5001) and, as the peer,
asked of the registry itself in the same run; then `hie reset --data`. Prints milliseconds and ratios; judges nothing."""
import base64
import http.client
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

LEADER, RUNS = sys.argv[1], int(os.environ.get("RUNS", "20"))
SECRETS = pathlib.Path(f"/proc/{LEADER}/root") / "var/lib/hie/secrets"
VISIT = {"resourceType": "Bundle", "type": "transaction", "entry": [
    {"fullUrl": "urn:uuid:8f0f5a52-1f49-4f5c-9a86-0c7d4c1f2a01", "request": {"method": "POST", "url": "Encounter"},
     "resource": {"resourceType": "Encounter", "status": "finished", "subject": {"reference": "Patient/b-0001"},
                  "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}}},
    {"fullUrl": "urn:uuid:8f0f5a52-1f49-4f5c-9a86-0c7d4c1f2a02", "request": {"method": "POST", "url": "Observation"},
     "resource": {"resourceType": "Observation", "status": "final", "subject": {"reference": "Patient/b-0001"},
                  "encounter": {"reference": "urn:uuid:8f0f5a52-1f49-4f5c-9a86-0c7d4c1f2a01"},
                  "code": {"coding": [{"system": "http://loinc.org", "code": "8310-5"}]},
                  "valueQuantity": {"value": 37.2, "unit": "Cel", "system": "http://unitsofmeasure.org", "code": "Cel"}}}]}
REQUESTS = (("list of terms", "GET", "/TS", "/ValueSet/$expand?url={terms}&includeDesignations=true", None),
            ("find a person", "GET", "/CR", "/Patient?name=a&_count=20", None),
            ("person", "GET", "/CR", "/Patient/b-0001", None),
            ("summary", "GET", "/SHR", "/Patient/b-0001/$summary", None),
            ("open orders", "GET", "/SHR", "/Task?owner=Organization/hospital&status=requested&_include=Task:focus&_include=Task:patient", None),
            ("save a visit", "POST", "/SHR", "", VISIT))


class Door:
    def __init__(self, port, prefix, login=None):
        self.connection, self.prefix, self.headers = http.client.HTTPConnection("127.0.0.1", port, timeout=120), prefix, {
            "Accept": "application/fhir+json", "Content-Type": "application/fhir+json", "Cache-Control": "no-cache"}
        if login:
            word = f"{login}:{(SECRETS / login).read_text().strip()}".encode()
            self.headers["Authorization"] = "Basic " + base64.b64encode(word).decode()

    def ask(self, method, registry, path, body=None):
        begin = time.monotonic()
        self.connection.request(method, (registry if self.prefix else "") + "/fhir" + path, body and json.dumps(body), self.headers)
        answer = self.connection.getresponse()
        text = answer.read()
        took = (time.monotonic() - begin) * 1000
        if answer.status not in (200, 201):
            sys.exit(f"{method} {registry}{path}: {answer.status} {text[:300]!r}")
        return took, json.loads(text)


def main():
    exchange, registry = Door(5001, True, "pos-clinic-b"), Door(3447, False)
    terms = registry.ask("GET", "", "/ValueSet?_elements=url&_count=1")[1]["entry"][0]["resource"]["url"]
    print(f"{'':16} {'first':>8} {'median':>8} {'registry alone':>15} {'ratio':>6}   ms; load {os.getloadavg()[0]:.1f}")
    for name, method, channel, path, body in REQUESTS:
        path = path.format(terms=terms)
        first = exchange.ask(method, channel, path, body)[0]
        ours, theirs = [], []
        for _ in range(RUNS):
            ours.append(exchange.ask(method, channel, path, body)[0])
            theirs.append(registry.ask(method, "", path, body)[0])
        mine, alone = statistics.median(ours), statistics.median(theirs)
        print(f"{name:16} {first:8.0f} {mine:8.1f} {alone:15.1f} {mine / alone:6.2f}")
    begin = time.monotonic()
    subprocess.run(["nsenter", "-t", LEADER, "-a", "hie", "reset", "--data", "--yes"], check=True, stdout=subprocess.DEVNULL)
    commanded = time.monotonic() - begin
    while True:
        try:
            Door(5001, True, "pos-clinic-b").ask("GET", "/CR", "/Patient/b-0001")
            break
        except (OSError, http.client.HTTPException, SystemExit):
            time.sleep(0.1)
    print(f"hie reset --data: the command {commanded:.1f} s, the exchange answers after {time.monotonic() - begin:.1f} s")
    print("END")


main()
