#!/usr/bin/env python3
"""registries.py LEADER: run on the host inside a booted demo's network (nsenter -n), LEADER being the box's first process.
Asks through port 5001 as clinics, hospital and steward do. Prints TAP lines; 34-registries.sh adds the END."""
import base64, concurrent.futures, json, sys, time, urllib.error, urllib.parse, urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from box import ROUTER, check, secret, until  # noqa: E402

A, B, HOSPITAL, STEWARD, OBSERVER = "pos-clinic-a", "pos-clinic-b", "hospital", "registry-steward", "observer"
CLINIC_A, CLINIC_B, NATIONAL = "urn:hiebox:clinic-a", "urn:hiebox:clinic-b", "urn:hiebox:national-id"


class Answer:
    def __init__(self, status, headers, text):
        self.status, self.headers = status, headers
        try:
            self.json = json.loads(text)
        except ValueError:
            self.json = {}
        self.text = text

    def __str__(self):
        return f"{self.status} {self.text[:500]}"


def ask(who, method, path, body=None, headers=None, form=False):
    url = path if path.startswith("http") else ROUTER + path
    request = urllib.request.Request(url, method=method)
    if who:
        request.add_header("Authorization", "Basic " + base64.b64encode(f"{who}:{secret(who)}".encode()).decode())
    if body is not None:
        request.data = urllib.parse.urlencode(body).encode() if form else json.dumps(body).encode()
        request.add_header("Content-Type", "application/x-www-form-urlencoded" if form else "application/fhir+json")
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return Answer(answer.status, answer.headers, answer.read().decode())
    except urllib.error.HTTPError as answer:
        return Answer(answer.code, answer.headers, answer.read().decode())


def quoted(text):
    return urllib.parse.quote(text, safe="")


def patient(system, number, given, family, birth, gender, phone=None, national=None):
    made = {"resourceType": "Patient", "active": True, "identifier": [{"system": system, "value": number}],
            "name": [{"use": "official", "family": family, "given": [given]}], "gender": gender, "birthDate": birth}
    if phone:
        made["telecom"] = [{"system": "phone", "value": phone}]
    if national:
        made["identifier"].append({"system": NATIONAL, "value": national})
    return made


def register(who, made):
    one = made["identifier"][0]
    answer = ask(who, "PUT", f"/CR/fhir/Patient?identifier={quoted(one['system'] + '|' + one['value'])}", made)
    check(f"ITI-104: {who} registers {one['value']}", answer.status in (200, 201), answer)
    return answer.json.get("id")


def links(result, **query):
    query = {"matchResult": result, **query}
    answer = ask(STEWARD, "GET", "/CR/fhir/$mdm-query-links?" + urllib.parse.urlencode(query))
    found = []
    for parameter in answer.json.get("parameter", []):
        if parameter["name"] == "link":
            parts = {part["name"]: next((v for k, v in part.items() if k.startswith("value")), None) for part in parameter["part"]}
            found.append((parts.get("goldenResourceId"), parts.get("targetResourceId") or parts.get("sourceResourceId")))
    return found


def golden(identity):
    return until(lambda: next(iter(links("MATCH", resourceId=f"Patient/{identity}")), (None,))[0])


def parameters(answer, name):
    return [next(v for k, v in one.items() if k.startswith("value")) for one in answer.json.get("parameter", []) if one["name"] == name]


def code_of(answer):
    return answer.json.get("issue", [{}])[0].get("code")


def client_registry():
    first = register(A, patient(CLINIC_A, "A-1", "Catherine", "Mwangi", "1987-03-12", "female", "+254700000001"))
    check("a repeat does not make a second one", first == register(A, patient(CLINIC_A, "A-1", "Catherine", "Mwangi", "1987-03-12", "female", "+254700000001")))
    mine = golden(first)
    second = register(B, patient(CLINIC_B, "B-1", "Cathrine", "Mwangi", "1987-03-12", "female"))
    check("a near duplicate has the same golden record", mine and until(lambda: golden(second) == mine), (mine, golden(second)))
    other = register(B, patient(CLINIC_B, "B-2", "Joseph", "Banda", "1990-01-02", "male"))
    check("another person has another", golden(other) not in (None, mine), golden(other))
    swapped = register(A, patient(CLINIC_A, "A-3", "Banda", "Joseph", "1990-01-02", "male"))
    check("family and given name the other way round", until(lambda: golden(swapped) == golden(other)), golden(swapped))
    accent = [register(A, patient(CLINIC_A, "A-4", "Aïssatou", "Traoré", "2001-05-06", "female")),
              register(B, patient(CLINIC_B, "B-4", "Aissatou", "Traore", "2001-05-06", "female"))]
    check("accents do not matter", until(lambda: golden(accent[0]) == golden(accent[1])))
    amharic = [register(A, patient(CLINIC_A, "A-5", "አበበ", "ቢቂላ", "1932-08-07", "male")),
               register(B, patient(CLINIC_B, "B-5", "ደራርቱ", "ቱሉ", "1932-08-07", "male"))]
    check("names in another script are not all alike", golden(amharic[0]) != golden(amharic[1]) and not links("POSSIBLE_MATCH", resourceId=f"Patient/{amharic[1]}"))
    for name, birth, family in (("the year alone", "1985", "Ali"), ("a 1 January", "1979-01-01", "Osman")):
        same = [register(who, patient(system, f"{system[-1]}-{birth}", "Mohamed", family, birth, "male"))
                for who, system in ((A, CLINIC_A), (B, CLINIC_B))]
        golden(same[0])
        possible = until(lambda: [one for one in same if links("POSSIBLE_MATCH", resourceId=f"Patient/{one}")]) # whichever came second
        check(f"{name} makes a possible match and no more", len(possible) == 1 and not links("MATCH", resourceId=f"Patient/{possible[0]}"), same)
    together = [patient(system, f"{system[-1]}-{number}", "Wanjiru", "Kamau", f"1983-02-{number}", "female")
                for number in range(10, 22) for system in (CLINIC_A, CLINIC_B)]
    with concurrent.futures.ThreadPoolExecutor(8) as many:
        identities = list(many.map(lambda one: register(A, one), together))
    pairs = list(zip(identities[::2], identities[1::2]))
    apart = [pair for pair in pairs if not until(lambda: golden(pair[0]) and golden(pair[0]) == golden(pair[1]))]
    check("of many that come at once, each finds its other half", not apart, apart)
    twins = [register(A, patient(CLINIC_A, "A-6", "Hassan", "Diallo", "2015-09-01", "male", national="N-6")),
             register(A, patient(CLINIC_A, "A-7", "Hussein", "Diallo", "2015-09-01", "male", national="N-7"))]
    check("twins are not one person", golden(twins[0]) != golden(twins[1]), twins)
    national = [register(A, patient(CLINIC_A, "A-8", "Fatou", "Sow", "1999-01-01", "female", national="N-8")),
                register(B, patient(CLINIC_B, "B-8", "Ndeye", "Fall", "1998-02-02", "female", national="N-8"))]
    check("the same national number is the same person", until(lambda: golden(national[0]) == golden(national[1])))
    answer = ask(A, "GET", f"/CR/fhir/Patient/{first}")
    check("reading a patient", answer.status == 200, answer)
    gold = ask(A, "GET", f"/CR/fhir/{mine}").json
    check("the golden record keeps the telephone that the later record lacks", gold.get("telecom"), gold)
    check("a golden record is nobody's to write", ask(A, "PUT", f"/CR/fhir/{mine}", gold).status == 403)
    answer = ask(B, "POST", "/CR/fhir/Patient/$match", {"resourceType": "Parameters", "parameter": [
        {"name": "resource", "resource": patient(CLINIC_B, "new", "Catherine", "Mwangi", "1987-03-12", "female")}]})
    check("$match finds her", answer.status == 200 and first in [e["resource"]["id"] for e in answer.json.get("entry", [])] + [
        first if any(e["resource"]["id"] == mine.split("/")[1] for e in answer.json.get("entry", [])) else None], answer)
    return first, second, mine


def review():
    one = register(A, patient(CLINIC_A, "A-20", "Amina", "Okello", "1995-04-04", "female", "0772 123 456"))
    golden(one)
    two = register(B, patient(CLINIC_B, "B-20", "Amina", "Okello", "1996-04-04", "female", "0772123456"))
    waiting = until(lambda: links("POSSIBLE_MATCH", resourceId=f"Patient/{two}"))
    check("same name and telephone, another birth date: a possible match", waiting, waiting)
    allergy(A, one, "A-20-allergy", "Penicillin of the other record")
    check("what is only possible is not in the summary", "Penicillin of the other record" not in summary(two).text)
    if not waiting:
        return
    body = {"resourceType": "Parameters", "parameter": [{"name": "goldenResourceId", "valueString": waiting[0][0]},
            {"name": "resourceId", "valueString": f"Patient/{two}"}, {"name": "matchResult", "valueString": "MATCH"}]}
    check("a clinic does not decide matches", ask(A, "POST", "/CR/fhir/$mdm-update-link", body).status == 401)
    answer = ask(STEWARD, "POST", "/CR/fhir/$mdm-update-link", body)
    check("the steward does", answer.status == 200, answer)
    check("and it holds", golden(two) == waiting[0][0], golden(two))
    check("and the summary shows it", "Penicillin of the other record" in summary(two).text)


def pix():
    at = "/CR/fhir/Patient/$ihe-pix"
    source = f"sourceIdentifier={quoted(CLINIC_A + '|A-1')}"
    answer = ask(HOSPITAL, "GET", f"{at}?{source}&targetSystem={quoted(CLINIC_B)}")
    check("ITI-83: from clinic A's number to clinic B's", [i.get("value") for i in parameters(answer, "targetIdentifier")] == ["B-1"], answer)
    check("ITI-83: and the record", len(parameters(answer, "targetId")) == 1, answer)
    answer = ask(HOSPITAL, "GET", f"{at}?sourceIdentifier={quoted(CLINIC_B + '|B-1')}&targetSystem={quoted(CLINIC_A)}")
    check("ITI-83: and back", [i.get("value") for i in parameters(answer, "targetIdentifier")] == ["A-1"], answer)
    answer = ask(HOSPITAL, "GET", f"{at}?{source}")
    check("ITI-83: all systems", "B-1" in [i.get("value") for i in parameters(answer, "targetIdentifier")], answer)
    body = {"resourceType": "Parameters", "parameter": [{"name": "sourceIdentifier", "valueString": CLINIC_A + "|A-1"},
            {"name": "targetSystem", "valueUri": CLINIC_B}]}
    answer = ask(HOSPITAL, "POST", at, body)
    check("ITI-83: by POST", [i.get("value") for i in parameters(answer, "targetIdentifier")] == ["B-1"], answer)
    answer = ask(HOSPITAL, "GET", f"{at}?{source}&targetSystem={quoted('urn:hiebox:hospital')}")
    check("ITI-83: a known system without a number: empty", answer.status == 200 and not answer.json.get("parameter"), answer)
    for name, query, status, code in (
            ("unknown number", f"sourceIdentifier={quoted(CLINIC_A + '|nobody')}", 404, "not-found"),
            ("unknown system", f"sourceIdentifier={quoted('urn:nowhere|1')}", 400, "code-invalid"),
            ("no system", "sourceIdentifier=A-1", 400, "code-invalid"), ("nothing", "", 400, "code-invalid"),
            ("unknown target", f"{source}&targetSystem=urn:nowhere", 403, "code-invalid")):
        answer = ask(HOSPITAL, "GET", f"{at}?{query}")
        check(f"ITI-83: {name}: {status} {code}", (answer.status, code_of(answer)) == (status, code), answer)


def allergy(who, identity, number, text):
    return ask(who, "PUT", f"/SHR/fhir/AllergyIntolerance?identifier={quoted('urn:hiebox:test|' + number)}", {
        "resourceType": "AllergyIntolerance", "identifier": [{"system": "urn:hiebox:test", "value": number}],
        "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active"}]},
        "code": {"text": text}, "patient": {"reference": f"Patient/{identity}"}})


def summary(identity):
    return ask(HOSPITAL, "GET", f"/SHR/fhir/Patient/{identity}/$summary")


def summaries(first, second, mine):
    check("clinic A writes an allergy", allergy(A, first, "A-1-allergy", "Penicillin, severe").status in (200, 201))
    for name, identity in (("clinic B's record", second), ("her own", first), ("the golden one", mine.split("/")[1])):
        start = time.time()
        answer = summary(identity)
        took = time.time() - start
        check(f"$summary of {name} shows it", "Penicillin, severe" in answer.text, answer)
        entries = [entry["resource"] for entry in answer.json.get("entry", [])]
        patients = [r for r in entries if r["resourceType"] == "Patient"]
        check(f"$summary of {name} is about that record", len(patients) == 1 and patients[0]["id"] == identity, patients)
        about = [r["patient"].get("reference", "") for r in entries if r["resourceType"] == "AllergyIntolerance"]
        check(f"$summary of {name} is about one patient", about and all(one.endswith(identity) for one in about), about)
        print(f"# $summary of {name}: {took * 1000:.0f} ms")
    lonely = register(B, patient(CLINIC_B, "B-30", "Nkosi", "Zulu", "1970-07-07", "male"))
    check("$summary of a record without links", summary(lonely).json.get("type") == "document")
    check("$summary of nobody", summary("nobody-at-all").status == 404)


def facility(number, name):
    return [("Organization", {"resourceType": "Organization", "id": number, "active": True, "name": name,
                              "identifier": [{"system": "urn:hiebox:facility", "value": number}]}),
            ("Location", {"resourceType": "Location", "id": number, "status": "active", "name": name,
                          "identifier": [{"system": "urn:hiebox:facility", "value": number}],
                          "managingOrganization": {"reference": f"Organization/{number}"}})]


def facilities():
    for kind, made in facility("test-one", "Test One") + facility("test-two", "Test Two"):
        check(f"a clinic does not write {kind}", ask(A, "PUT", f"/FR/fhir/{kind}/{made['id']}", made).status == 401)
        answer = ask(STEWARD, "PUT", f"/FR/fhir/{kind}/{made['id']}", made)
        check(f"the steward writes {kind}/{made['id']}", answer.status in (200, 201), answer)
        check("its address is the channel's", "/FR/fhir/" in (answer.headers.get("Content-Location") or answer.headers.get("Location") or "/FR/fhir/"), answer.headers)
    worker = {"resourceType": "Practitioner", "id": "test-worker", "name": [{"family": "Diallo", "given": ["Amina"]}]}
    role = {"resourceType": "PractitionerRole", "id": "test-role", "practitioner": {"reference": "Practitioner/test-worker"},
            "location": [{"reference": "Location/test-one"}], "organization": {"reference": "Organization/test-one"}}
    for made in (worker, role):
        answer = ask(STEWARD, "PUT", f"/FR/fhir/{made['resourceType']}/{made['id']}", made)
        check(f"the steward writes {made['resourceType']}", answer.status in (200, 201), answer)
    pair = ask(A, "GET", "/FR/fhir/Location?_id=test-one&_include=Location:organization")
    check("ITI-90: a Location and its Organization", {e["resource"]["resourceType"] for e in pair.json.get("entry", [])} == {"Location", "Organization"}, pair)
    roles = ask(A, "GET", "/FR/fhir/PractitionerRole?location=Location/test-one&_include=PractitionerRole:practitioner")
    check("ITI-90: who works there", {e["resource"]["id"] for e in roles.json.get("entry", [])} == {"test-role", "test-worker"}, roles)
    found = ask(A, "POST", "/FR/fhir/Location/_search", {"name": "Test"}, form=True)
    check("ITI-90: by POST", found.json.get("total", len(found.json.get("entry", []))) >= 2, found)
    page = ask(A, "GET", "/FR/fhir/Location?_count=1")
    following = next((l["url"] for l in page.json.get("link", []) if l["relation"] == "next"), "")
    check("the next link stays in the channel", following.startswith(ROUTER + "/FR/fhir?"), following)
    check("and leads there", following and ask(A, "GET", following).status == 200)


def terminology():
    codes = {"resourceType": "CodeSystem", "id": "test-codes", "url": "urn:hiebox:test:codes", "status": "active", "content": "complete",
             "concept": [{"code": "a", "display": "Alpha"}, {"code": "b", "display": "Beta"}]}
    values = {"resourceType": "ValueSet", "id": "test-values", "url": "urn:hiebox:test:values", "status": "active",
              "compose": {"include": [{"system": "urn:hiebox:test:codes"}]}}
    mapping = {"resourceType": "ConceptMap", "id": "test-map", "url": "urn:hiebox:test:map", "status": "active",
               "sourceUri": "urn:hiebox:test:values", "targetUri": "urn:hiebox:test:other", "group": [{
                   "source": "urn:hiebox:test:codes", "target": "urn:hiebox:test:others",
                   "element": [{"code": "a", "target": [{"code": "x", "equivalence": "equivalent"}]}]}]}
    for made in (codes, values, mapping):
        at = f"/TS/fhir/{made['resourceType']}/{made['id']}"
        check(f"a clinic does not write {made['resourceType']}", ask(A, "PUT", at, made).status == 401)
        answer = ask(STEWARD, "PUT", at, made)
        check(f"the steward writes {made['resourceType']}", answer.status in (200, 201), answer)
    answer = ask(A, "GET", f"/TS/fhir/ValueSet/$expand?url={quoted('urn:hiebox:test:values')}")
    check("$expand", {c["code"] for c in answer.json.get("expansion", {}).get("contains", [])} == {"a", "b"}, answer)
    answer = ask(A, "GET", f"/TS/fhir/ValueSet/$validate-code?url={quoted('urn:hiebox:test:values')}&system={quoted('urn:hiebox:test:codes')}&code=a")
    check("$validate-code", parameters(answer, "result") == [True], answer)
    answer = ask(A, "GET", f"/TS/fhir/CodeSystem/$lookup?system={quoted('urn:hiebox:test:codes')}&code=b")
    check("$lookup", parameters(answer, "display") == ["Beta"], answer)
    answer = until(lambda: (lambda one: one if parameters(one, "result") == [True] else None)(ask(A, "GET",
                   f"/TS/fhir/ConceptMap/$translate?url={quoted('urn:hiebox:test:map')}&system={quoted('urn:hiebox:test:codes')}&code=a")))
    check("$translate", answer, answer)


def across(first):
    """One message, or one question, about more than one registry."""
    one = patient(CLINIC_A, "A-40", "Zainab", "Bello", "1991-11-11", "female")
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [
        {"fullUrl": "urn:uuid:00000000-0000-4000-8000-000000000001", "resource": one,
         "request": {"method": "PUT", "url": f"Patient?identifier={quoted(CLINIC_A + '|A-40')}"}},
        {"resource": {"resourceType": "Observation", "status": "final", "code": {"text": "weight"},
                      "identifier": [{"system": "urn:hiebox:test", "value": "A-40-weight"}],
                      "subject": {"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"}},
         "request": {"method": "PUT", "url": f"Observation?identifier={quoted('urn:hiebox:test|A-40-weight')}"}}]}
    for turn in ("a bundle with a patient and a measurement", "again"):
        answer = ask(A, "POST", "/fhir", bundle)
        check(turn, answer.status == 200 and len(answer.json.get("entry", [])) == 2, answer)
    visit = {"resourceType": "Bundle", "type": "transaction", "entry": [
        {"resource": {"resourceType": "Encounter", "status": "finished", "identifier": [{"system": "urn:hiebox:test", "value": "A-40-visit"}],
                      "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
                      "subject": {"reference": f"Patient?identifier={CLINIC_A}|A-40"}, "location": [{"location": {"reference": "Location/test-one"}}]},
         "request": {"method": "PUT", "url": f"Encounter?identifier={quoted('urn:hiebox:test|A-40-visit')}"}}]}
    answer = ask(A, "POST", "/SHR/fhir", visit)
    check("a visit of the patient with this number", answer.status == 200, answer)
    for query, kinds in ((f"Observation?patient.identifier={quoted(CLINIC_A + '|A-40')}", {"Observation"}),
                         (f"Encounter?subject.identifier={quoted(CLINIC_A + '|A-40')}&_include=Encounter:location&_include=Encounter:patient",
                          {"Encounter", "Location", "Patient"}),
                         (f"Patient?_has:Encounter:patient:identifier={quoted('urn:hiebox:test|A-40-visit')}", {"Patient"}),
                         (f"Patient?identifier={quoted(CLINIC_A + '|A-40')}&_revinclude=Observation:subject", {"Patient", "Observation"}),
                         ("Encounter?location.name=Test", {"Encounter"})):
        answer = ask(A, "GET", f"/SHR/fhir/{query}")
        check(query, {e["resource"]["resourceType"] for e in answer.json.get("entry", [])} == kinds, answer)
    answer = ask(A, "GET", f"/SHR/fhir/Patient/{first}/$everything")
    check("$everything", {"Patient", "AllergyIntolerance", "Encounter"} <= {e["resource"]["resourceType"] for e in answer.json.get("entry", [])}, answer)
    answer = ask(A, "PUT", "/SHR/fhir/Observation/test-nobody", {"resourceType": "Observation", "status": "final", "code": {"text": "x"},
                 "subject": {"reference": "Patient/nobody-at-all"}})
    check("no record of nobody", answer.status in (400, 404, 422), answer)
    check("deleting what a record refers to is refused", ask(STEWARD, "DELETE", f"/CR/fhir/Patient/{first}").status == 409)


def refusals(first):
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": facility("sneaked", "Sneaked")[1][1],
              "request": {"method": "PUT", "url": "Location/sneaked"}}]}
    for who, path, expected in ((A, "/FR/fhir", 405), (A, "/CR/fhir/", 405), (STEWARD, "/FR/fhir", 405), (A, "/TS/fhir", 405),
                                (STEWARD, "/SHR/fhir", 401), (OBSERVER, "/SHR/fhir", 401), (None, "/SHR/fhir", 401)):
        answer = ask(who, "POST", path, bundle)
        check(f"{who or 'nobody'} posts a bundle to {path}: {expected}", answer.status == expected, answer)
    answer = ask(A, "POST", "/SHR/fhir", bundle)
    check("a bundle to the record does not write a facility", answer.status == 403, answer)
    check("and none was written", ask(A, "GET", "/FR/fhir/Location/sneaked").status == 404)
    # OpenHIM says 401 as well when no channel has the address, to whoever asks
    for who, method, path in (
            (A, "DELETE", f"/CR/fhir/Patient/{first}"), (A, "GET", "/CR/fhir/$mdm-query-links"),
            (STEWARD, "GET", f"/SHR/fhir/Patient/{first}/$summary"), (OBSERVER, "GET", "/CR/fhir/Patient"),
            (None, "GET", "/FR/fhir/Location"), (A, "GET", "/CR/fhir/Observation"), (A, "GET", "/CR/fhir/%2e%2e/SHR/fhir/Patient"),
            (A, "GET", "/FR/fhir//Location"), (A, "GET", "/FR/fhir/Patient"), (STEWARD, "POST", "/CR/fhir/$mdm-clear")):
        answer = ask(who, method, path, {} if method == "POST" else None)
        check(f"{who or 'nobody'}: {method} {path}: 401", answer.status == 401, answer)
    visit = {"resourceType": "Encounter", "id": "test-visit", "status": "finished", "subject": {"reference": f"Patient/{first}"},
             "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
             "location": [{"location": {"reference": "Location/test-one"}}]}
    answer = ask(A, "PUT", "/SHR/fhir/Encounter/test-visit", visit)
    check("a visit at a facility", answer.status in (200, 201), answer)
    sneaked = ask(A, "GET", "/FR/fhir/Location?_id=test-one&_revinclude=PractitionerRole:location&_revinclude=Encounter:location")
    check("no clinical record through the facility registry", {e["resource"]["resourceType"] for e in sneaked.json.get("entry", [])} ==
          {"Location", "PractitionerRole"}, sneaked)
    # whom a clinical record is about is clinical, too: nobody asks a registry by what it does not show
    by = "_has:Encounter:subject:_id=test-visit"
    for who, method, path, body, headers in (
            (STEWARD, "GET", f"/CR/fhir/Patient?{by}", None, None), (STEWARD, "GET", f"/CR/fhir/Patient?{by.replace(':', '%3A')}", None, None),
            (STEWARD, "POST", "/CR/fhir/Patient/_search", dict([by.split("=")]), None),
            (STEWARD, "POST", "/CR/fhir/Patient", patient(CLINIC_A, "A-41", "No", "One", "1980-01-01", "male"), {"If-None-Exist": by}),
            (STEWARD, "GET", "/FR/fhir/Location?_has:Encounter:location:_id=test-visit", None, None)):
        answer = ask(who, method, path, body, headers, form=path.endswith("_search"))
        check(f"{who}: {method} {path} by an Encounter is refused", answer.status == 403 and first not in answer.text, answer)
    answer = ask(STEWARD, "GET", "/FR/fhir/Location?_has:PractitionerRole:location:_id=test-role")
    check("within a registry _has is answered", [e["resource"]["id"] for e in answer.json.get("entry", [])] == ["test-one"], answer)
    answer = ask(A, "POST", "/FR/fhir/Location/_search", {"name": "Test", "_method": "DELETE"}, {"X-HTTP-Method-Override": "DELETE"}, form=True)
    check("the method is what it is", ask(A, "GET", "/FR/fhir/Location/test-one").status == 200, answer)
    every_channel_under_fhir(first, bundle)
    answer = ask(A, "GET", "/CR/fhir/Patient?_count=1", headers={"X-Forwarded-Prefix": "/evil"})
    check("a client does not choose the links' address", "/evil" not in answer.text, answer)


def every_channel_under_fhir(first, bundle):
    """/fhir/ is for what Instant OpenHIE's users know, and no way around the registries' limits."""
    check("/fhir: reading a patient", ask(A, "GET", f"/fhir/Patient/{first}").status == 200)
    check("/fhir: reading a facility", ask(A, "GET", "/fhir/Location/test-one").status == 200)
    check("/fhir: a next link stays there", f'"{ROUTER}/fhir?' in ask(A, "GET", "/fhir/Location?_count=1").text)
    check("/fhir: a summary", ask(A, "GET", f"/fhir/Patient/{first}/$summary").status == 200)
    for path in ("/fhir/$mdm-query-links", "/fhir/%24mdm-query-links", "/fhir/Patient/../$mdm-query-links", "/fhir/fhir/../$mdm-query-links",
                 "/fhir//$mdm-query-links", f"/fhir/Patient/{first}/$expunge", "/fhir/$mdm-clear", "/fhir/$reindex"):
        for method in ("GET", "POST"):
            answer = ask(A, method, path, {"resourceType": "Parameters"} if method == "POST" else None)
            check(f"/fhir: {method} {path} is refused", answer.status in (400, 403, 404, 405), answer)
    question = {"resourceType": "Bundle", "type": "batch", "entry": [{"request": {"method": "GET", "url": "$mdm-query-links"}}]}
    for at in ("/fhir", "/SHR/fhir"):
        answer = ask(A, "POST", at, question)
        check(f"{at}: nor in a bundle", "goldenResourceId" not in answer.text, answer)
    made = facility("sneaked", "Sneaked")[1][1]
    check("/fhir: a clinic does not write a facility", ask(A, "PUT", "/fhir/Location/sneaked", made).status == 401)
    for path, kind in (("/fhir/%4cocation/sneaked", "PUT"), ("/fhir//Location/sneaked", "PUT"), ("/fhir/./Location/sneaked", "PUT"),
                       ("/fhir/%4cocation", "POST"), ("/fhir/Location;x/sneaked", "PUT"), ("/fhir/Location/sneaked?_format=json", "PUT")):
        answer = ask(A, kind, path, made, {"X-Hie-Roles": "registry-steward", "X-Forwarded-Prefix": "/x"})
        check(f"/fhir: nor by {kind} {path}", answer.status >= 400, answer)
    check("/fhir: nor in a bundle", ask(A, "POST", "/fhir", bundle).status == 403)
    check("and none was written", ask(A, "GET", "/FR/fhir/Location/sneaked").status == 404 and
          not ask(A, "GET", "/FR/fhir/Location?name=Sneaked").json.get("entry"))
    answer = ask(STEWARD, "PUT", "/fhir/Location/test-one", facility("test-one", "Test One")[1][1])
    check("/fhir: the steward writes it", answer.status in (200, 201), answer)
    check("/fhir: and reads no record there", ask(STEWARD, "GET", f"/fhir/Patient/{first}").status == 401)


def up():
    try:
        return ask(A, "GET", "/fhir/SearchParameter?_offset=0&_count=1").status == 200
    except (OSError, urllib.error.URLError):
        return False # the log-in stands on the console before the exchange is up


def main():
    until(up, 300)
    first, second, mine = client_registry()
    pix()
    summaries(first, second, mine)
    review()
    facilities()
    terminology()
    refusals(first)
    across(first)


main()
