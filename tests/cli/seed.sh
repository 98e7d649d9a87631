#!/usr/bin/env bash
# seed.sh: the data sets under recipes/seeds fit together, and what does not fit is found.
. "$(dirname "$0")/../support/cli.sh"
checker=$PWD/tests/support/seed.py
set_folder=recipes/seeds/two-clinics

for folder in recipes/seeds/*/; do
	expect "$(basename "$folder") fits together" 0 'nothing to say' python3 "$checker" "$folder"
done

# broken NAME PATTERN FILE OLD NEW: the same with one thing wrong
broken() {
	rm -rf "$work/two-clinics"
	cp -r "$set_folder" "$work/two-clinics"
	python3 - "$work/two-clinics/$3" "$4" "$5" <<'END' || { echo "not ok - $1: $3 has no $4"; return; }
import sys
path, old, new = sys.argv[1:]
text = open(path, encoding="utf-8").read()
if old not in text:
    sys.exit(1)
open(path, "w", encoding="utf-8").write(text.replace(old, new, 1))
END
	expect "$1" 1 "$2" python3 "$checker" "$work/two-clinics"
}
broken "a file that is no JSON" '04-.*Expecting' 04-patients-clinic-a.json '"active": true,' '"active" true,'
broken "a key that stands twice" 'a key stands twice' 04-patients-clinic-a.json '"gender": "female",' '"gender": "female", "gender": "male",'
broken "lines set otherwise" 'seed.py --format' 04-patients-clinic-a.json '"active": true,' '"active":  true,'
broken "an id that stands twice" 'Practitioner/hw-joseph-otieno stands twice' 03-health-workers.json '"hw-amina-diallo"' '"hw-joseph-otieno"'
broken "a put to another id" 'is not put to its own id' 03-health-workers.json 'Practitioner/hw-amina-diallo' 'Practitioner/hw-amina'
broken "a reference to nobody" 'Patient/a-0099 is in no file' 07-records-clinic-a.json 'Patient/a-0001' 'Patient/a-0099'
broken "a reference to a later file" 'hw-amina-diallo stands in a later file' 02-facilities.json '"reference": "Organization/kando-district"' '"reference": "Practitioner/hw-amina-diallo"'
broken "an identifier of two" 'MC-20347 is that of Patient/a-0001, too' 04-patients-clinic-a.json MC-20384 MC-20347
broken "another person's national number" 'is another person' 04-patients-clinic-a.json NH-3908-1176-2 NH-4410-2291-7
broken "a visit before birth" 'is earlier than 2026-03-01' 07-records-clinic-a.json '2026-04-13T09:00' '2026-02-13T09:00'
broken "a date after the last" 'is later than 2026-06-30' 07-records-clinic-a.json '2025-03-11T09:35' '2027-03-11T09:35'
broken "a day that no calendar has" 'no calendar has 1991-04-31' 04-patients-clinic-a.json 1991-04-17 1991-04-31
broken "a visit that ends before it begins" 'before it begins' 07-records-clinic-a.json '2025-03-11T09:35' '2025-03-11T08:35'
broken "a code that is not in the part" 'cvx has no 99 here' 07-records-clinic-a.json '"code": "139"' '"code": "99"'
broken "another code's words" '139 is "Td' 07-records-clinic-a.json 'Td(adult) unspecified formulation' 'BCG'
broken "a code of nowhere" 'which is not in the data set' 07-records-clinic-a.json 'http://hl7.org/fhir/sid/cvx' 'http://hl7.org/fhir/sid/ndc'
broken "a ValueSet that has more than its part" "ValueSet/lab-orders: http://loinc.org has no 718-7 here" 01-terminology.json "\"code\": \"718-7\"" "\"code\": \"718-8\""
broken "a concept without French" '8480-6 has no French' 01-terminology.json '"designation": [{ "language": "fr", "value": "Pression artérielle systolique" }]' '"designation": []'
broken "a name without French" 'Organization/clinic-a: name has no French' 02-facilities.json 'Clinique Mlimani' ''
broken "LOINC without its notice" 'CodeSystem/loinc: copyright' 01-terminology.json 'Regenstrief Institute, Inc. and the Logical' 'Somebody and the Logical'
broken "ICD-10 without its notice, in seed.yaml" 'notices: that of http://hl7.org/fhir/sid/icd-10' seed.yaml 'World Health Organization' 'somebody'
broken "an e-mail address" 'looks like an e-mail address' 04-patients-clinic-a.json '"line": ["Plot 7, Market Street"]' '"line": ["ada@clinic"]'
broken "a real host" 'is somebody.s address' 07-records-clinic-a.json '"text": "Cough or throat infection"' '"text": "see http://clinic.example"'
broken "a phone of a real country" 'invented numbers begin with' 04-patients-clinic-a.json '+999 70 555 1001' '+254 70 555 1001'
broken "twins said to be one" 'said to be one person, and to be two' answers.json '"a-0007", "a-0008"' '"a-0007", "a-0007"'
broken "a record that nobody is" 'nobody is b-0001' answers.json '["a-0001", "b-0001"]' '["a-0001"]'
broken "a file that is not listed" 'but the folder holds' seed.yaml '  - 10-laboratory.json' '  #'
broken "a blood pressure the wrong way round" 'a blood pressure of' 07-records-clinic-a.json '"value": 118' '"value": 70'

# The story that screens, workflows and lessons tell.
cat >"$work/story.py" <<'END'
import glob, json, sys
all = [e["resource"] for f in sorted(glob.glob(sys.argv[1] + "/[01]*.json")) for e in json.load(open(f, encoding="utf-8"))["entry"]]
of = lambda kind: [r for r in all if r["resourceType"] == kind]
code = lambda r, key="code": r[key]["coding"][0]["code"]
ada = [p for p in of("Patient") if p["name"][0].get("given") == ["Ada"] and p["name"][0]["family"] == "Okello"]
print("ada:", *(p["id"] for p in ada))
print("penicillin:", *(a["patient"]["reference"] for a in of("AllergyIntolerance") if code(a) == "penicillin"))
print("tasks:", *(t["for"]["reference"] + "=" + t["status"] for t in of("Task")))
print("zainab:", *sorted({i["meta"]["source"] for i in of("Immunization") if i["patient"]["reference"] in ("Patient/a-0017", "Patient/b-0014")}))
print("single names:", *(p["id"] for p in of("Patient") if "family" not in p["name"][0]))
print("report:", *(d["basedOn"][0]["reference"] + ">" + d["result"][0]["reference"] for d in of("DiagnosticReport")))
END
story() { expect "$1" 0 "$2" python3 "$work/story.py" "$set_folder"; }
story "Ada Okello is known at both clinics" '^ada: a-0001 b-0001$'
story "her allergy to penicillin stands at one" '^penicillin: Patient/a-0001$'
story "one laboratory order is answered, one open" '^tasks: Patient/a-0015=completed Patient/b-0013=requested$'
story "a child was vaccinated at both clinics" '^zainab: urn:hiebox:clinic-a urn:hiebox:clinic-b$'
story "some people have one name" '^single names: a-0010 b-0009 h-0006$'
story "the report leads to the result" '^report: ServiceRequest/order-a-0015-1>Observation/result-a-0015-1$'
