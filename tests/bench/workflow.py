#!/usr/bin/env python3
"""workflow.py PROGRAM: what the workflow engine adds to each step. A workflow of STEPS requests is played by PROGRAM (hie)
against a server on this machine; Python's http.client asks it the same in the same run, on a kept connection too, and looks
into the answer in the same way. Prints milliseconds a step and the ratio; judges nothing. RUNS=N: the best of so many (5)."""
import http.client
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

STEPS, RUNS = 200, int(os.environ.get("RUNS", "5"))
BODY = json.dumps({"resourceType": "Bundle", "total": 20, "entry": [
    {"resource": {"resourceType": "Patient", "id": f"p{n}", "name": [{"family": "Lovelace", "given": ["Ada"]}],
                  "identifier": [{"system": "urn:example", "value": f"v{n}"}]}} for n in range(20)]}).encode()
BOX = {"format": 1, "recipe": "bench", "summary": "s", "mode": "training", "built": 1700000000,
       "site": {"name": "bench", "languages": ["en"]}, "components": [{"id": "store", "title": {"en": "Store"}}]}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body in one packet

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/fhir+json")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *words):
        pass


def write_tree(root):
    steps = "".join(f"""  - tell: {{ en: Step {n} }}
    from: clinic
    to: exchange
    request: {{ method: GET, path: "/fhir/Patient?name={{{{name}}}}&n={n}" }}
    expect: {{ status: 200, json: {{ /resourceType: Bundle, /entry/*/resource/id: p19, /entry: {{ count: 20 }} }} }}
""" for n in range(STEPS))
    files = {"usr/lib/hie/box.json": json.dumps(BOX), "usr/share/hie/workflows/bench.yaml": f"""workflow: bench
architecture: "4.0"
title: {{ en: Bench }}
needs: [store]
actors: {{ clinic: point-of-service, exchange: interoperability-layer }}
values: {{ name: "{{{{unique}}}}" }}
steps:
{steps}"""}
    for name, text in files.items():
        os.makedirs(os.path.dirname(f"{root}/{name}"), exist_ok=True)
        with open(f"{root}/{name}", "w", encoding="utf-8") as file:
            file.write(text)


def engine(program, root, base):
    result = f"{root}/result.json"
    subprocess.run([program, "--root", root, "workflow", "run", "bench", "--tap", "--base", base, "--json", result], check=True,
                   stdout=subprocess.DEVNULL)
    with open(result, encoding="utf-8") as file:
        read = json.load(file)
    assert read["verdict"] == "passed" and len(read["steps"]) == STEPS
    return read["milliseconds"] / STEPS


def peer(port):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    begin = time.monotonic()
    for n in range(STEPS):
        connection.request("GET", f"/fhir/Patient?name=abcdefghjkmn&n={n}", headers={"Accept": "application/fhir+json"})
        answer = connection.getresponse()
        body = json.loads(answer.read())
        assert answer.status == 200 and body["resourceType"] == "Bundle" and len(body["entry"]) == 20
        assert any(entry["resource"]["id"] == "p19" for entry in body["entry"])
    return (time.monotonic() - begin) * 1000 / STEPS


def serve():
    """In a process of its own, so that it does not share Python's lock with the peer."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(write)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        os.read(read, 1)  # until the parent ends
        os._exit(0)
    os.close(read)
    return server.server_address[1]


def main():
    port = serve()
    with tempfile.TemporaryDirectory() as root:
        write_tree(root)
        ours, theirs = [], []
        for _ in range(RUNS):
            theirs.append(peer(port))
            ours.append(engine(sys.argv[1], root, f"http://127.0.0.1:{port}"))
    print(f"workflow engine           {min(ours):7.3f} ms a step ({STEPS} steps, best of {RUNS})")
    print(f"python's http.client      {min(theirs):7.3f} ms a request")
    print(f"ratio                     {min(ours) / min(theirs):7.3f}   the engine takes {min(ours) - min(theirs):+.3f} ms more a step")


main()
