#!/usr/bin/env python3
"""seed.py FOLDER: what is wrong with a data set (recipes/seeds/<id>), a line each; exit 1 when anything is.
seed.py --format FOLDER: sets the lines of its JSON files as the rule wants them."""
import datetime
import json
import os
import re
import sys

HL7 = "http://terminology.hl7.org/CodeSystem/"
LOINC, ICD = "http://loinc.org", "http://hl7.org/fhir/sid/icd-10"
# Systems whose codes are HL7's, IHE's or a registry's own, and are not in the data set.
ELSEWHERE = (HL7, "http://hl7.org/fhir/CodeSystem/task-code", "urn:ietf:bcp:47", "urn:ietf:rfc:3986",
             "https://profiles.ihe.net/ITI/mCSD/CodeSystem/IHE.mCSD.Organization.Location.Types")
HOSTS = {"hl7.org", "terminology.hl7.org", "loinc.org", "unitsofmeasure.org", "profiles.ihe.net"}
LOINC_NOTICE = ("This material contains content from LOINC (http://loinc.org). LOINC is copyright © Regenstrief Institute, "
                "Inc. and the Logical Observation Identifiers Names and Codes (LOINC) Committee and is available at no cost "
                "under the license at http://loinc.org/license. LOINC® is a registered United States trademark of "
                "Regenstrief Institute, Inc.")
NOTICES = {LOINC: LOINC_NOTICE, ICD: "Copyright © World Health Organization", "http://hl7.org/fhir/sid/cvx": "public domain",
           "UCUM": "http://unitsofmeasure.org"}
PLACES = {"a": "clinic-a", "b": "clinic-b", "h": "hospital"}
EARLIEST, DATE = "1940", r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\d[+-]\d\d:\d\d)?)?)?"
WIDTH = 120
problems = []


def report(where, text):
    problems.append(f"{where}: {text}")


# ---- how the lines of a file are set: what fits stays on one line

def flat(value):
    if isinstance(value, dict) and value:
        return "{ " + ", ".join(f"{json.dumps(k)}: {flat(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list) and value:
        return "[" + ", ".join(map(flat, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def pretty(value, indent=0, before=0):
    one = flat(value)
    if len(one) + indent + before <= WIDTH or not isinstance(value, (dict, list)) or not value:
        return one
    pad, end = " " * (indent + 2), "\n" + " " * indent
    if isinstance(value, dict):
        rows = [f"{pad}{json.dumps(k)}: {pretty(v, indent + 2, len(k) + 5)}" for k, v in value.items()]
        return "{\n" + ",\n".join(rows) + end + "}"
    return "[\n" + ",\n".join(pad + pretty(v, indent + 2, 1) for v in value) + end + "]"


def no_repeats(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError(f"a key stands twice among {[k for k, _ in pairs]}")
    return dict(pairs)


def load(folder, name):
    try:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            text = file.read()
        value = json.loads(text, object_pairs_hook=no_repeats)
    except (OSError, ValueError) as mistake:
        report(name, mistake)
        return None
    if text != pretty(value) + "\n":
        report(name, "the lines are not set as they should be: seed.py --format")
    return value


# ---- one walk over a resource: (path, key, value)

def walk(value, path=""):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield path, value, key, inner
            yield from walk(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, str):
                yield path, {}, "", inner
            yield from walk(inner, path)


def french(value, key):
    """The French of an element beside it: _title of title."""
    for extension in (value.get("_" + key) or {}).get("extension", []):
        parts = {part["url"]: part for part in extension.get("extension", [])}
        if extension.get("url", "").endswith("/translation") and parts.get("lang", {}).get("valueCode") == "fr":
            return parts.get("content", {}).get("valueString")
    return None


class Seed:
    def __init__(self, folder):
        self.folder, self.name = folder, os.path.basename(folder.rstrip("/"))
        self.text = open(os.path.join(folder, "seed.yaml"), encoding="utf-8").read()
        self.files = re.findall(r"^  - (\S+\.json)$", self.text, re.M)
        self.latest = (re.findall(r"^latest: (\d{4}-\d\d-\d\d)$", self.text, re.M) or ["0000"])[0]
        self.resources = {}  # "Type/id" → (file's number, resource)
        self.codes = {}      # (system, code) → display
        self.subsets = set()

    def read(self):
        for number, name in enumerate(self.files):
            bundle = load(self.folder, name)
            if bundle is None:
                continue
            if bundle.get("resourceType") != "Bundle" or bundle.get("type") != "transaction":
                report(name, "is no transaction")
                continue
            for entry in bundle["entry"]:
                self.add(name, number, entry)
        for _, resource in self.of("CodeSystem"):
            self.subsets.add(resource["url"])
            for concept in resource["concept"]:
                if (resource["url"], concept["code"]) in self.codes:
                    report(resource["url"], f"code {concept['code']} stands twice")
                self.codes[resource["url"], concept["code"]] = concept["display"]

    def add(self, name, number, entry):
        resource, request = entry["resource"], entry["request"]
        full = f"{resource['resourceType']}/{resource.get('id')}"
        if request != {"method": "PUT", "url": full}:
            report(name, f"{full} is not put to its own id, but {request}")
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,63}", resource.get("id", "")):
            report(name, f"{full}: not a fixed id in small letters")
        if full in self.resources:
            report(name, f"{full} stands twice")
        self.resources[full] = (number, resource)

    def of(self, kind):
        return [(full, r) for full, (_, r) in self.resources.items() if r["resourceType"] == kind]

    def check_seed_file(self):
        present = sorted(n for n in os.listdir(self.folder) if n.endswith(".json") and n != "answers.json")
        if present != sorted(self.files):
            report("seed.yaml", f"files: {self.files}, but the folder holds {present}")
        if f"\nseed: {self.name}\n" not in self.text:
            report("seed.yaml", f"seed: is not {self.name}, the folder's name")
        if not re.search(r"^title: \{ en: .+, fr: .+ \}$", self.text, re.M):
            report("seed.yaml", "title: not in en and fr")
        said = re.sub(r"\s+", " ", self.text)
        for system in list(self.subsets) + ["UCUM"]:
            if system in NOTICES and NOTICES[system] not in said:
                report("seed.yaml", f"notices: that of {system} is missing")

    def check_references(self):
        for full, (number, resource) in self.resources.items():
            for path, _, key, value in walk(resource):
                if key != "reference":
                    continue
                if value not in self.resources:
                    report(full, f"{path}: {value} is in no file")
                elif self.resources[value][0] > number:
                    report(full, f"{path}: {value} stands in a later file")

    def check_identifiers(self):
        seen = {}
        for full, (_, resource) in self.resources.items():
            if "identifier" not in resource and resource["resourceType"] not in ("CodeSystem", "ValueSet", "ConceptMap"):
                report(full, "has no identifier")
            listed = resource.get("identifier", []) if isinstance(resource.get("identifier"), list) else []
            for identifier in listed:
                if not identifier["system"].startswith("urn:hiebox:"):
                    report(full, f"identifier of system {identifier['system']}")
                if identifier["system"] == "urn:hiebox:national-id":  # several records of one person: check_answers
                    continue
                key = (resource["resourceType"], identifier["system"], identifier["value"])
                if key in seen:
                    report(full, f"identifier {key[1]}|{key[2]} is that of {seen[key]}, too")
                seen[key] = full

    def check_places(self):
        for full, resource in self.of("Patient"):
            place = PLACES.get(resource["id"][0])
            if resource["meta"].get("source") != f"urn:hiebox:{place}" or resource["identifier"][0]["system"] != f"urn:hiebox:{place}" \
                    or resource["managingOrganization"]["reference"] != f"Organization/{place}":
                report(full, "id, source, first identifier and organization are not of one place")
        for full, location in self.of("Location"):
            pair = self.resources.get(full.replace("Location", "Organization"))
            if "managingOrganization" not in location or "position" not in location:
                report(full, "has no managingOrganization or no position (mCSD)")
            if "partOf" not in location and (not pair or pair[1]["identifier"] != location["identifier"]):
                report(full, "has no Organization of the same id and identifier (mCSD)")
        for full, (_, resource) in self.resources.items():
            if resource["resourceType"] not in ("CodeSystem", "ValueSet", "ConceptMap") and \
                    not re.fullmatch(r"urn:hiebox:[a-z-]+", resource.get("meta", {}).get("source", "")):
                report(full, "meta.source does not say who wrote it")

    def births(self):
        return {full: resource["birthDate"] for full, resource in self.of("Patient")}

    def check_dates(self):
        births = self.births()
        for full, (_, resource) in self.resources.items():
            subject = (resource.get("subject") or resource.get("patient") or {}).get("reference")
            for path, value, key, text in walk(resource):
                if isinstance(text, str) and re.match(r"\d{4}-\d\d|\d{4}$", text) and (
                        key in ("start", "end", "issued", "date") or key.endswith(("Date", "DateTime", "Time", "On", "Modified"))):
                    self.check_date(full, f"{path}.{key}", text, births.get(subject, EARLIEST))
            period = resource.get("period", {})
            if period.get("end", "9") < period.get("start", "0"):
                report(full, f"ends at {period['end']}, before it begins")

    def check_date(self, full, path, text, born):
        if not re.fullmatch(DATE, text):
            report(full, f"{path}: {text} is no date")
            return
        try:
            datetime.date.fromisoformat((text + "-01-01")[:10])
        except ValueError:
            report(full, f"{path}: no calendar has {text}")
        if text[:10] > self.latest:
            report(full, f"{path}: {text} is later than {self.latest}")
        if text[:len(born)] < born:
            report(full, f"{path}: {text} is earlier than {born}")

    def check_codes(self):
        for full, (_, resource) in self.resources.items():
            for path, value, key, system in walk(resource):
                if key != "system" or "code" not in value or not isinstance(system, str) or "value" in value:
                    continue
                if system in self.subsets:
                    self.check_code(f"{full}: {path}", system, value)
                elif not system.startswith(ELSEWHERE):
                    report(full, f"{path}: a code of {system}, which is not in the data set")
        for full, values in self.of("ValueSet"):
            for include in values["compose"]["include"]:
                for concept in include["concept"]:
                    self.check_code(full, include["system"], concept)
        for full, mapping in self.of("ConceptMap"):
            for group in mapping["group"]:
                self.check_map(full, group)

    def check_code(self, where, system, coding):
        if (system, coding["code"]) not in self.codes:
            report(where, f"{system} has no {coding['code']} here")
        elif coding.get("display") != self.codes[system, coding["code"]]:
            report(where, f"{coding['code']} is \"{self.codes[system, coding['code']]}\", not \"{coding.get('display')}\"")

    def check_map(self, full, group):
        for element in group["element"]:
            self.check_code(full, group["source"], element)
            for target in element["target"]:
                self.check_code(full, group["target"], target)
        missing = {code for system, code in self.codes if system == group["source"]} - {e["code"] for e in group["element"]}
        if missing:
            report(full, f"does not translate {sorted(missing)}")

    def check_languages(self):
        for full, (_, resource) in self.resources.items():
            for path, value, key, text in walk(resource):
                if key == "text" and isinstance(text, str) and not path.endswith(".name") and not french(value, "text"):
                    report(full, f"{path}: \"{text}\" has no French")
                if key == "concept":
                    for concept in text:
                        if not any(d.get("language") == "fr" and d.get("value") for d in concept.get("designation", [])):
                            report(full, f"{concept['code']} has no French")
            for key in ("title", "conclusion"):
                if key in resource and not french(resource, key):
                    report(full, f"{key} has no French")
            if resource["resourceType"] in ("Organization", "Location", "HealthcareService") and not french(resource, "name"):
                report(full, "name has no French")

    def check_notices(self):
        for full, (_, resource) in self.resources.items():
            used = {value for _, _, key, value in walk(resource) if key in ("system", "source", "target") and isinstance(value, str)}
            if resource["resourceType"] == "CodeSystem":
                used.add(resource["url"])
            elif resource["resourceType"] not in ("ValueSet", "ConceptMap"):
                continue
            for system in used & set(NOTICES):
                if NOTICES[system] not in resource.get("copyright", ""):
                    report(full, f"copyright: the notice of {system} is missing")
            if resource["resourceType"] == "CodeSystem" and resource["url"] in NOTICES and resource["content"] != "fragment":
                report(full, "content: a part is a fragment")

    def check_nobody_real(self):
        for full, (_, resource) in self.resources.items():
            for path, value, key, text in walk(resource):
                for host in re.findall(r"https?://([^/\s\")]+)", text) if isinstance(text, str) else []:
                    if host not in HOSTS:
                        report(full, f"{path}: {host} is somebody’s address")
                if isinstance(text, str) and "@" in text:
                    report(full, f"{path}: \"{text}\" looks like an e-mail address")
                if key == "telecom":
                    for contact in text:
                        if contact["system"] != "phone" or not re.fullmatch(r"\+999 [0-9 ]+", contact["value"]):
                            report(full, f"{path}: {contact['value']}: invented numbers begin with +999, which no country has")

    def check_answers(self):
        answers = load(self.folder, "answers.json")
        if answers is None:
            return
        owner = {}
        for person in answers["people"]:
            for record in person["records"]:
                if record in owner or f"Patient/{record}" not in self.resources:
                    report("answers.json", f"{record} is two people, or no record at all")
                owner[record] = person["records"][0]
            if (person["registry"] == "alone") != (len(person["records"]) == 1) or person["registry"] not in ("match", "possible", "unseen", "alone"):
                report("answers.json", f"{person['records']}: registry {person['registry']}")
        for item in answers["people"] + answers["different"]:
            if not item["why"].get("en") or not item["why"].get("fr"):
                report("answers.json", f"{item['records']}: why, in en and fr")
        for pair in answers["different"]:
            if pair["registry"] not in ("apart", "possible"):
                report("answers.json", f"{pair['records']}: registry {pair['registry']}")
            if len({owner.get(record) for record in pair["records"]}) < 2:
                report("answers.json", f"{pair['records']} are said to be one person, and to be two")
        self.check_people(owner)

    def check_people(self, owner):
        nationals = {}
        for full, resource in self.of("Patient"):
            person = owner.get(resource["id"])
            if person is None:
                report("answers.json", f"nobody is {resource['id']}")
            for identifier in resource["identifier"]:
                if identifier["system"] == "urn:hiebox:national-id" and nationals.setdefault(identifier["value"], person) != person:
                    report(full, f"the national number {identifier['value']} is another person’s")

    def check_pressure(self):
        for full, resource in self.of("Observation"):
            values = {c["code"]["coding"][0]["code"]: c["valueQuantity"]["value"] for c in resource.get("component", [])}
            if values and not 40 <= values["8462-4"] < values["8480-6"] <= 260:
                report(full, f"a blood pressure of {values}")


def main(arguments):
    if arguments[:1] == ["--format"]:
        for name in sorted(n for n in os.listdir(arguments[1]) if n.endswith(".json")):
            path = os.path.join(arguments[1], name)
            value = json.load(open(path, encoding="utf-8"), object_pairs_hook=no_repeats)
            open(path, "w", encoding="utf-8").write(pretty(value) + "\n")
        return 0
    seed = Seed(arguments[0])
    seed.read()
    for name in sorted(dir(seed)):
        if name.startswith("check_") and getattr(seed, name).__code__.co_argcount == 1:
            getattr(seed, name)()
    print("\n".join(problems) if problems else f"{len(seed.resources)} resources, {len(seed.of('Patient'))} patients: nothing to say")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
