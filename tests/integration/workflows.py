#!/usr/bin/env python3
"""workflows.py LEADER: run on the host inside a booted demo's network (nsenter -n), LEADER being the box's first process.
Plays every shipped workflow twice through port 5001 as its shell does (`hie workflow run --tap`), looks that nothing is
left behind, plays two at once, and breaks the box as each exercise says: the workflow must fail at the step and with the
message that the exercise names, and pass once it is mended; and stops the registries, which every workflow must notice. Prints TAP lines and, last, END."""
import json, re, ssl, subprocess, sys, time, urllib.error, urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from box import LEADER, ROOT, check, openhim_headers, run, secret, sha512, until  # noqa: E402

RECIPES = Path(__file__).resolve().parent.parent.parent / "recipes"
HAPI, OPENHIM = "http://127.0.0.1:3447/fhir", "https://127.0.0.1:8080"
COUNTED = ("Patient", "AllergyIntolerance", "Encounter", "Observation", "Condition", "Immunization", "Task", "ServiceRequest",
           "Specimen", "DiagnosticReport", "Basic", "Organization", "Location", "CodeSystem")
# the steps that may be skipped, because this server does not do what the specification asks for; anything else must be played
SKIPPED = {"find-a-patient/by-mothers-name", "identity-feed/old-number-gone", "terminology/expand-filter"}


def ask(method, url, body=None, headers=None):
    request = urllib.request.Request(url, method=method, headers={"Content-Type": "application/fhir+json", **(headers or {})})
    request.data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with urllib.request.urlopen(request, timeout=120, context=context if url.startswith("https") else None) as answer:
            status, text = answer.status, answer.read()
    except urllib.error.HTTPError as answer:
        status, text = answer.code, answer.read()
    except OSError as problem:
        return 0, {"problem": str(problem)}
    try:
        return status, json.loads(text)
    except ValueError:
        return status, {"text": text.decode(errors="replace")}


def inside(*words):
    return run("env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", *words)


# ---- OpenHIM's API, as its console uses it

def openhim(method, path, body=None):
    _, one = ask("GET", f"{OPENHIM}/authenticate/{ROOT}")
    inner = sha512(one["salt"] + secret("openhim-root"))
    headers = {**openhim_headers(ROOT, one["salt"], inner, one["ts"]), "Content-Type": "application/json"}
    return ask(method, OPENHIM + path, body, headers)


def change(path, key, value, **fields):
    _, every = openhim("GET", path)
    one = next(one for one in every if one[key] == value)
    before = {name: one[name] for name in fields}
    status, answer = openhim("PUT", f"{path}/{one['_id']}", {**one, **fields})
    if status != 200:
        raise RuntimeError(f"{path} {value}: {status} {answer}")
    return before


def audits():
    """What was refused: node authentication (DCM 110126) that failed."""
    _, every = openhim("GET", "/audits?filterLimit=100&filterPage=0")
    events = {one["_id"]: one["eventIdentification"] for one in every}
    return {one for one, event in events.items() if event["eventTypeCode"]["code"] == "110126" and event["eventOutcomeIndicator"] != "0"}


# ---- the box

def ready():
    return ask("GET", HAPI + "/SearchParameter?_offset=0&_count=1")[0] == 200


def counts():
    made = {kind: ask("GET", f"{HAPI}/{kind}?_summary=count")[1].get("total") for kind in COUNTED}
    links = ask("GET", HAPI + "/$mdm-query-links?_count=1")[1].get("parameter", [])
    return {**made, "links": next((one["valueDecimal"] for one in links if one["name"] == "total"), None)}


def data_set():
    """The data set two-clinics, where the image does not start with it."""
    if ask("GET", HAPI + "/Patient/b-0001")[0] == 200:
        return
    folder = RECIPES / "seeds" / "two-clinics"
    for name in re.findall(r"^  - (\S+\.json)$", (folder / "seed.yaml").read_text(), re.M):
        status, answer = ask("POST", HAPI, (folder / name).read_bytes())
        check(f"the data set's {name} is loaded", status == 200, answer)
    def linked():
        now = counts()["links"]
        time.sleep(5)
        return now and now == counts()["links"] and now >= 48
    check("the data set's people are compared", until(linked, 180))


def play(*ids):
    """Gives {workflow: {"steps": n, "failed": {step: text}, "skipped": [step]}}."""
    answer = inside("hie", "workflow", "run", "--tap", *ids)
    found, last = {one: {"steps": 0, "failed": {}, "skipped": []} for one in ids}, None
    for line in answer.stdout.splitlines():
        begin = re.match(r"(ok|not ok) \d+ - ([a-z0-9-]+)(?:/([a-z0-9-]+))?(.*)", line)
        if begin:
            last = None
            state, name, step, rest = begin.groups()
            one = found.setdefault(name, {"steps": 0, "failed": {}, "skipped": []})
            one["steps"] += 1
            if "# SKIP" in rest:
                one["skipped"].append(f"{name}/{step or ''}")
            elif state == "not ok" and not rest.endswith("(not played)"):
                one["failed"][step or ""] = ""
                last = (one["failed"], step or "")
        elif last:
            last[0][last[1]] += line + "\n"
    for one in found.values():
        one["status"], one["said"] = answer.returncode, answer.stderr
    return found


def all_twice(ids):
    before = counts()
    for number in ("first", "second"):
        start = time.time()
        for name, one in play(*ids).items():
            check(f"{name} passes, {number} time", one["steps"] and not one["failed"], one)
            check(f"{name} skips only what this server cannot do, {number} time", set(one["skipped"]) <= SKIPPED, one["skipped"])
        print(f"# {len(ids)} workflows, {number} time: {time.time() - start:.1f} s", flush=True)
    check("nothing is left behind", until(lambda: counts() == before, 20), (before, counts()))


def beside_each_other():
    words = ["nsenter", "-t", LEADER, "-a", "/usr/bin/hie", "workflow", "run", "--tap", "same-person-two-clinics"]
    both = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = [one.communicate()[0] for one in both]
    check("one workflow twice at once", all(one.returncode == 0 for one in both), told)


def refusals_are_on_record():
    before = audits()
    play("no-credentials")
    check("each knock without a name is in the audits", until(lambda: len(audits() - before) >= 4, 20), len(audits() - before))
    before = audits()
    play("client-without-role")
    check("each refusal of a known client is in the audits", until(lambda: len(audits() - before) >= 4, 20), len(audits() - before))


# ---- exercises: what each does and undoes, by workflow and place

def stop_the_record():
    inside("systemctl", "stop", "hapi-fhir.service")
    def mend():
        inside("systemctl", "start", "hapi-fhir.service")
        until(ready, 180)
    return mend


def remove_a_role():
    before = change("/clients", "clientID", "pos-clinic-a", roles=["clinic"])
    return lambda: change("/clients", "clientID", "pos-clinic-a", **before)


def disable_a_channel():
    before = change("/channels", "name", "Shared health record: records", status="disabled")
    return lambda: change("/channels", "name", "Shared health record: records", **before)


def duplicate_a_patient():
    one = ask("GET", HAPI + "/Patient/b-0001")[1]
    del one["id"], one["meta"]
    made = ask("POST", HAPI + "/Patient", one)[1]["id"]
    def mend():
        # not before the registry has compared it
        until(lambda: any(p["name"] == "link" for p in ask("GET", f"{HAPI}/$mdm-query-links?resourceId=Patient/{made}")[1].get("parameter", [])), 30)
        ask("DELETE", f"{HAPI}/Patient/{made}")
    return mend


BREAKS = {("clinical-visit", 0): stop_the_record, ("clinical-visit", 1): remove_a_role,
          ("same-person-two-clinics", 0): disable_a_channel, ("allergy-in-the-summary", 0): duplicate_a_patient}


# ---- what every workflow must notice

def all_notice(ids):
    """With the registries stopped none of them passes or is skipped, and each says that the server answered, and how badly.
    The two that want refusals are refused all the same, and notice when they look for what must not be there."""
    mend = stop_the_record()
    for name, one in play(*ids).items():
        text = " ".join(one["failed"].values())
        check(f"{name} fails while the registries are down", one["failed"] and one["status"] == 1, one)
        check(f"{name} says what came instead", re.search(r"status: expected .*got 5\d\d", text), one)
    mend()


def let_in():
    """A refusal that does not come is noticed at once."""
    for path, key, value, fields, name, step in (
            ("/clients", "clientID", "observer", {"roles": ["point-of-service"]}, "client-without-role", "search-refused"),
            ("/channels", "name", "Client registry: patients", {"authType": "public"}, "no-credentials", "read")):
        before = change(path, key, value, **fields)
        # OpenHIM keeps its channels for a while
        one = until(lambda: (one := play(name)[name])["failed"] and one, 60, 2) or {"failed": {}}
        check(f"{name} fails at {step} when the exchange lets everybody in", list(one["failed"])[:1] == [step]
              and re.search(r"status: expected .*40\d.*got 200", one["failed"][step]), one)
        change(path, key, value, **before)
        check(f"{name} passes when mended", until(lambda: not play(name)[name]["failed"], 60, 2))


def exercises(ids):
    found = set()
    for name in ids:
        _, _, text = (RECIPES / "workflows" / f"{name}.yaml").read_text().partition("\nexercises:\n")
        for place, (step, message) in enumerate(re.findall(r'^    step: (\S+)\n    message: "(.*)"$', text, re.M)):
            found.add((name, place))
            if not check(f"{name}: exercise {place + 1} has a test", (name, place) in BREAKS):
                continue
            mend = BREAKS[name, place]()
            one = play(name)[name]
            check(f"{name}: exercise {place + 1} fails at {step}", step in one["failed"], one)
            check(f"{name}: exercise {place + 1} says: {message}", message in one["failed"].get(step, "").replace('\\"', '"'), one)
            mend()
            one = play(name)[name]
            check(f"{name}: exercise {place + 1} passes when mended", one["steps"] and not one["failed"] and not one["skipped"], one)
    check("each exercise that a test knows is in a workflow", found == set(BREAKS), found ^ set(BREAKS))


def main():
    ids = sorted(path.stem for path in (RECIPES / "workflows").glob("*.yaml"))
    check("HAPI answers", until(ready, 300))
    data_set()
    listed = inside("hie", "workflow", "list").stdout
    check("the box has every workflow", all(one in listed.split() for one in ids), listed)
    all_twice(ids)
    beside_each_other()
    refusals_are_on_record()
    before = counts()
    exercises(ids)
    all_notice(ids)
    let_in()
    check("the exercises leave nothing behind", until(lambda: counts() == before, 20), (before, counts()))
    print("END")


main()
