#!/usr/bin/env python3
"""reset_data.py LEADER PHASE DIRECTORY: on the host, inside the network of a booted demo whose first process is LEADER.
PHASE: `button` enters a patient, asks for patients as at the start, and looks; `cut` enters one, asks, and leaves while it is
being done (the box is then killed); `after` looks. DIRECTORY keeps what must stay. Prints TAP lines, and END."""
import base64, hashlib, json, ssl, sys, time, urllib.error, urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from box import HOME, ROOT, ROUTER, check, openhim_headers, run, secret, sha512  # noqa: E402

PHASE, KEEP = sys.argv[2], Path(sys.argv[3])
NEW = HOME.parent / "postgresql/17/new"
API = "https://127.0.0.1:8080"
PATIENT = {"resourceType": "Patient", "identifier": [{"system": "urn:hiebox:clinic-b", "value": "RC-ENTERED"}],
           "name": [{"family": "Entered", "given": ["Later"]}], "gender": "female", "birthDate": "1990-05-05"}


def ask(method, path, body=None, who="pos-clinic-b"):
    request = urllib.request.Request(ROUTER + path, method=method)
    request.add_header("Authorization", "Basic " + base64.b64encode(f"{who}:{secret(who)}".encode()).decode())
    request.add_header("Content-Type", "application/fhir+json")
    request.add_header("Cache-Control", "no-cache")  # HAPI answers a search from the same one of the last minute, even of before a kill
    request.data = json.dumps(body).encode() if body else None
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except (OSError, ValueError) as error:
        return getattr(error, "code", 0), {"error": str(error)}


def found():
    status, answer = ask("GET", "/CR/fhir/Patient?identifier=urn:hiebox:clinic-b%7CRC-ENTERED")
    return answer.get("total") if status == 200 else f"{status} {answer}"


def openhim(path, headers=None):
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    request = urllib.request.Request(API + path, headers=headers or {})
    with urllib.request.urlopen(request, timeout=60, context=unchecked) as answer:
        return json.load(answer)


def messages():
    told = openhim(f"/authenticate/{ROOT}")
    inner = sha512(told["salt"] + secret("openhim-root"))
    listed = openhim("/transactions?filterLimit=1000&filterPage=0", openhim_headers(ROOT, told["salt"], inner, str(told["ts"])))
    return [one["request"]["path"] for one in listed]


def kept():
    digest = hashlib.sha256()
    for path in sorted(path for folder in ("secrets", "tls", "ssh") for path in (HOME / folder).rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(HOME)).encode() + path.read_bytes())
    return digest.hexdigest()


def until_answers(seconds=300):
    end = time.time() + seconds
    while time.time() < end and ask("GET", "/CR/fhir/Patient/b-0001")[0] != 200:
        time.sleep(0.2)


def enter():
    until_answers()
    status, answer = ask("POST", "/CR/fhir/Patient", PATIENT)
    check("a patient is entered", status == 201 and found() == 1, answer)
    status, ada = ask("GET", "/CR/fhir/Patient/b-0001")
    ada["address"] = [{"text": "changed by a learner"}]
    check("a patient of the seed is changed", ask("PUT", "/CR/fhir/Patient/b-0001", ada)[0] == 200)
    check("the exchange remembers the messages", "/CR/fhir/Patient" in messages())
    (KEEP / "kept").write_text(kept())


def look():
    until_answers()
    seen = messages()
    check("who was entered is gone", found() == 0, found())
    status, ada = ask("GET", "/CR/fhir/Patient/b-0001")
    check("who was changed is as at the start", ada.get("meta", {}).get("versionId") == "1" and "changed" not in str(ada), ada)
    check("the exchange forgot the messages", "/CR/fhir/Patient" not in seen, seen)
    check("passwords, certificates and keys are the same", kept() == (KEEP / "kept").read_text())
    check("no wish is left", not (HOME / "fresh-data").exists() and not (HOME.parent / "openhim/.fresh-data").exists())


def main():
    if PHASE in ("button", "cut"):
        enter()
    if PHASE == "button":
        begun = time.time()
        done = run("systemctl", "start", "hie-reset-data.service")
        check("hie-reset-data.service", done.returncode == 0, done.stderr)
        until_answers()
        print(f"# {time.time() - begun:.1f} s until the exchange answers again")
    if PHASE == "cut":
        run("systemctl", "start", "--no-block", "hie-reset-data.service")
        wish = HOME / "fresh-data"
        end = time.time() + 60
        while not wish.exists() and time.time() < end:
            time.sleep(0.02)
        while not NEW.exists() and time.time() < end:  # the cluster is given up, and the other one is being made
            time.sleep(0.005)
        check("the box is killed while it is being done", NEW.exists() and wish.exists(), list(NEW.parent.iterdir()))
    else:
        look()
    print("END")


main()
