"""mock_exchange.py FOLDER [PORT]: the exchange as the screens see it, small and in memory, for tests of the screens: FOLDER
(point-of-service) and the page's style.css over http, /exchange/ with Basic logins and as much FHIR as is asked for, and
/mock/… for bad days. Prints its address. It is no FHIR server: what it answers is what the box's registries answer."""
import base64
import http.server
import json
import os
import re
import sys
import threading
import time
import urllib.parse

PASSWORD = "pässwörd"
USERS = ("pos-clinic-a", "pos-clinic-b", "hospital", "registry-steward")
STYLE = os.path.join(os.path.dirname(__file__), "../../overlays/reverse-proxy-nginx/usr/share/hie/page/style.css")
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
          "frame-ancestors 'none'; base-uri 'none'")
GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
LOCK = threading.RLock()


class World:
    def __init__(self):
        self.store, self.count, self.mood, self.links, self.writes = {}, 0, {}, [], []
        for place in ("clinic-a", "clinic-b", "hospital"):
            self.put({"resourceType": "Organization", "id": place, "name": place})

    def put(self, resource):
        if "id" not in resource:
            self.count += 1
            resource["id"] = str(1000 + self.count)
        key = f"{resource['resourceType']}/{resource['id']}"
        version = int(self.store[key]["meta"]["versionId"]) + 1 if key in self.store else 1
        resource["meta"] = {**resource.get("meta", {}), "versionId": str(version)}
        self.store[key] = resource
        return resource

    def all(self, kind):
        return [r for key, r in self.store.items() if key.startswith(kind + "/")]

    def identified(self, kind, query):
        system, _, value = urllib.parse.unquote(query.split("identifier=")[1].split("&")[0]).partition("|")
        if not value:
            system, value = None, system
        return [r for r in self.all(kind) if any(i.get("value") == value and system in (None, i.get("system")) for i in r.get("identifier", []))]


def names(patient):
    return [w.lower() for n in patient.get("name", []) for w in [*n.get("given", []), n.get("family", ""), n.get("text", "")] if w]


def matches(world, patient):
    found = []
    for other in world.all("Patient"):
        if other["id"] == patient.get("id"):
            continue
        same = [i["value"] for i in other["identifier"] if i["system"] == "urn:hiebox:national-id"]
        mine = [i["value"] for i in patient.get("identifier", []) if i["system"] == "urn:hiebox:national-id"]
        born = patient.get("birthDate") and patient.get("birthDate") == other.get("birthDate")
        if set(same) & set(mine) or (born and set(names(patient)) & set(names(other))):
            grade = "certain" if set(same) & set(mine) or set(names(patient)) == set(names(other)) else "possible"
            found.append({"resource": other, "search": {"score": 1, "extension": [{"url": GRADE, "valueCode": grade}]}})
    return {"resourceType": "Bundle", "type": "searchset", "total": len(found), "entry": found}


def references(resource):
    return set(re.findall(r'"reference": "([A-Za-z]+/[^"]+)"', json.dumps(resource)))


def transaction(world, bundle):
    known, answers = {}, []
    for entry in bundle["entry"]:
        request = entry["request"]
        if "ifMatch" in request:
            now = world.store.get(request["url"])
            if not now or f'W/"{now["meta"]["versionId"]}"' != request["ifMatch"]:
                return 412, outcome("version")
        found = world.identified(request["url"], request["ifNoneExist"]) if "ifNoneExist" in request else []
        if found:
            known[entry.get("fullUrl", str(len(answers)))] = f"{found[0]['resourceType']}/{found[0]['id']}"
            answers.append("200 OK")
        elif request["method"] == "POST":
            world.count += 1
            entry["resource"]["id"] = str(1000 + world.count)
            known[entry.get("fullUrl", str(len(answers)))] = f"{entry['resource']['resourceType']}/{entry['resource']['id']}"
            answers.append("201 Created")
        else:
            answers.append("200 OK")
    for entry, answer in zip(bundle["entry"], answers):
        if answer == "201 Created" or entry["request"]["method"] == "PUT":
            text = json.dumps(entry["resource"])
            for urn, reference in known.items():
                text = text.replace(urn, reference) if urn.startswith("urn:") else text
            world.put(json.loads(text))
    return 200, {"resourceType": "Bundle", "type": "transaction-response", "entry": [{"response": {"status": a}} for a in answers]}


def outcome(text):
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing", "diagnostics": text}]}


def bundle_of(found, more=()):
    return {"resourceType": "Bundle", "type": "searchset", "total": len(found), "entry": [{"resource": r} for r in [*found, *more]]}


def one_person(world, patient):
    return [patient] + [m["resource"] for m in matches(world, patient)["entry"] if m["search"]["extension"][0]["valueCode"] == "certain"]


def summary(world, patient_id):
    everybody = one_person(world, world.store[f"Patient/{patient_id}"])
    mine = {f"Patient/{p['id']}" for p in everybody}
    kinds = ("AllergyIntolerance", "Condition", "Immunization", "Observation", "DiagnosticReport")
    found = [r for kind in kinds for r in world.all(kind) if references(r) & mine]
    absent = [{"resourceType": kind, **({"patient": {"reference": f"Patient/{patient_id}"}} if kind == "AllergyIntolerance" else {}),
               field: {"coding": [{"system": "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips", "code": f"no-{what}-info",
                                   "display": f"No information about {what}"}]}}
              for kind, field, what in (("AllergyIntolerance", "code", "allergy"), ("Condition", "code", "problem"),
                                        ("MedicationStatement", "medicationCodeableConcept", "medication"))
              if not any(r["resourceType"] == kind for r in found)]
    return bundle_of([{"resourceType": "Composition", "id": "c"}, *everybody, *absent, *found])


TERMS = {"diagnoses": [("B54", "Unspecified malaria", "Paludisme"), ("J06.9", "Acute upper respiratory infection", "Infection respiratoire")],
         "allergies": [("penicillin", "Penicillin", "Pénicilline")], "vaccines": [("19", "BCG", "BCG"), ("02", "OPV", "Polio oral")],
         "lab-orders": [("718-7", "Hemoglobin in Blood", "Hémoglobine dans le sang")]}


def search(world, kind, query):
    values = dict(urllib.parse.parse_qsl(query))
    found = world.all(kind)
    if kind == "Patient":
        words = [v.lower() for k, v in urllib.parse.parse_qsl(query) if k == "name"]
        found = [p for p in found if all(any(n.startswith(tuple(w.split(","))) for n in names(p)) for w in words)]
        found = [p for p in found if p.get("birthDate", "").startswith(values.get("birthdate", ""))]
        found = [p for p in found if "_id" not in values or p["id"] in values["_id"].split(",")]
    if "identifier" in values:
        found = [r for r in world.identified(kind, query) if r in found]
    if "patient" in values:
        found = [r for r in found if values["patient"] in references(r)]
    if "patient:mdm" in values:
        patient = world.store.get(values["patient:mdm"])
        if not patient:
            return 404, outcome(f"HAPI-2001: Resource {values['patient:mdm']} is not known")
        found = [r for r in found if references(r) & {f"Patient/{p['id']}" for p in one_person(world, patient)}]
    if "owner" in values:
        found = [t for t in found if t["owner"]["reference"] == values["owner"] and t["status"] in values["status"].split(",")]
    if kind == "Task" and "_id" in values:
        found = [t for t in found if t["id"] == values["_id"]]
    start, size = int(values.get("_offset", 0)), int(values.get("_count", 20))
    part = found[start:start + size]
    more = [world.store[r] for t in part if kind == "Task" for r in references(t) if r.split("/")[0] in ("ServiceRequest", "Patient")]
    if kind == "ServiceRequest":
        wanted = {f"ServiceRequest/{r['id']}" for r in part}
        more = [r for k in ("Task", "DiagnosticReport", "Observation") for r in world.all(k) if references(r) & wanted]
    answer = bundle_of(part, more)
    answer["total"] = len(found)
    if start + size < len(found):
        values["_offset"] = str(start + size)
        pairs = [(k, v) for k, v in urllib.parse.parse_qsl(query) if k != "_offset"] + [("_offset", values["_offset"])]
        answer["link"] = [{"relation": "next", "url": f"http://elsewhere.example:3447/fhir/{kind}?{urllib.parse.urlencode(pairs)}"}]
    return 200, answer


def read(world, path, query):
    if path.startswith("ValueSet"):  # HAPI leaves the designations out of what it expands on the way
        terms = TERMS.get(dict(urllib.parse.parse_qsl(query))["url"].split(":")[-1], [])
        if path == "ValueSet":
            return 200, bundle_of([{"resourceType": "ValueSet", "compose": {"include": [{"system": "urn:x", "concept": [
                {"code": c, "display": en, "designation": [{"language": "fr", "value": fr}]} for c, en, fr in terms]}]}}])
        return 200, {"resourceType": "ValueSet", "expansion": {"contains": [
            {"system": "urn:x", "code": c, "display": en} for c, en, fr in terms]}}
    if path == "$mdm-query-links":
        return 200, {"resourceType": "Parameters", "parameter": [{"name": "link", "part": [
            {"name": "goldenResourceId", "valueString": f"Patient/{g}"}, {"name": "sourceResourceId", "valueString": f"Patient/{s}"},
            {"name": "matchResult", "valueString": "POSSIBLE_MATCH"}]} for g, s in world.links]}
    if path.endswith("/$summary"):
        return 200, summary(world, path.split("/")[1])
    if "/" in path:
        return (200, world.store[path]) if path in world.store else (404, outcome("not found"))
    return search(world, path, query)


def write(world, method, path, query, body):
    if path == "Patient/$match":
        return 200, matches(world, body["parameter"][0]["resource"])
    world.writes.append(f"{method} {path}?{query}")
    if path == "$mdm-update-link":
        part = {p["name"]: p["valueString"].split("/")[-1] for p in body["parameter"]}
        world.links = [one for one in world.links if one != (part["goldenResourceId"], part["resourceId"])]
        return 200, {"resourceType": "Parameters"}
    if method == "POST" and path == "":
        return transaction(world, body)
    if method == "DELETE":
        gone = world.identified(path, query) if "identifier=" in query else [world.store[path]] if path in world.store else []
        for resource in gone:
            del world.store[f"{resource['resourceType']}/{resource['id']}"]
        return 200 if gone else 404, outcome("deleted" if gone else "not found")
    found = world.identified(path, query)
    if found:
        body["id"] = found[0]["id"]
    return 200 if found else 201, world.put(body)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version, disable_nagle_algorithm = "HTTP/1.1", True
    world = World()

    def log_message(self, *_):
        pass

    def send(self, status, data, kind="application/fhir+json", **headers):
        data = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), "Content-Security-Policy": POLICY, **headers}.items():
            self.send_header(name, value)
        try:
            self.end_headers()
            self.wfile.write(data)
        except ConnectionError:  # whoever asked does not wait any more
            self.close_connection = True

    def exchange(self, path, query, body):
        mood, world = Handler.world.mood, Handler.world
        user, _, password = base64.b64decode(self.headers.get("Authorization", "Basic Og==")[6:]).decode().partition(":")
        if user not in USERS or password != PASSWORD:
            return self.send(401, b"")
        if "$mdm" in path and user != "registry-steward":
            return self.send(401, b"")
        time.sleep(mood.get("wait", 0))
        if mood.get("drop") and self.command != "GET":
            return self.close_connection_now()
        if mood.get("status"):
            return self.send(mood["status"], mood.get("body", json.dumps(outcome("bad day"))).encode())
        if mood.get("raw"):
            return self.send(200, mood["raw"].encode())
        with LOCK:
            inner = path.split("/fhir", 1)[1].lstrip("/")
            status, answer = read(world, inner, query) if self.command == "GET" else write(world, self.command, inner, query, body)
        if mood.get("lose") and self.command != "GET":  # done, but nobody hears of it
            return self.close_connection_now()
        return self.send(status, answer)

    def close_connection_now(self):
        self.close_connection = True
        self.connection.close()

    def handle_one(self):
        url = urllib.parse.urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        if url.path.startswith("/exchange/"):
            return self.exchange(urllib.parse.unquote(url.path[9:]), url.query, body)
        if url.path == "/credentials.json" and not Handler.world.mood.get("production"):
            user = dict(urllib.parse.parse_qsl(url.query)).get("name")
            return self.send(200, {"credentials": [{"name": user, "user": user, "password": PASSWORD}]}, "application/json")
        if url.path == "/mock/mood":
            Handler.world.mood = body
        elif url.path == "/mock/new":
            Handler.world = World()
        elif url.path == "/mock/put":
            return self.send(200, Handler.world.put(body))
        elif url.path == "/mock/link":
            Handler.world.links.append(tuple(body))
        elif url.path == "/mock/world":
            return self.send(200, {"store": Handler.world.store, "writes": Handler.world.writes, "links": Handler.world.links})
        else:
            return self.file(url.path)
        return self.send(200, {})

    def file(self, path):
        name = path.removeprefix("/point-of-service/") or "index.html"
        place = STYLE if path == "/style.css" else os.path.join(FOLDER, os.path.basename(name))
        if not os.path.isfile(place):
            return self.send(404, b"", "text/plain")
        with open(place, "rb") as file:
            return self.send(200, file.read(), TYPES[os.path.splitext(place)[1]] + "; charset=utf-8")

    do_GET = do_POST = do_PUT = do_DELETE = handle_one


if __name__ == "__main__":
    FOLDER = sys.argv[1]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 0), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()
