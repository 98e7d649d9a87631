#!/usr/bin/env python3
"""validate.py FOLDER: does a real validator (python3-jsonschema) agree with hiebox about documents?

FOLDER/<kind>.schema and FOLDER/all.schema are JSON Schemas; FOLDER/documents has one JSON object a line:
kind, name, right (bool), document. Prints each disagreement; the last line counts. Exit 1 when any.
"""
import json
import sys

import jsonschema

folder = sys.argv[1]
validators = {}
wrong = right = bad = 0


def validator(name):
    if name not in validators:
        with open(f"{folder}/{name}.schema", encoding="utf-8") as file:
            schema = json.load(file)
        jsonschema.Draft7Validator.check_schema(schema)
        validators[name] = jsonschema.Draft7Validator(schema)
    return validators[name]


with open(f"{folder}/documents", encoding="utf-8") as lines:
    for line in lines:
        one = json.loads(line)
        for name in (one["kind"], "all"):
            errors = [error.message for error in validator(name).iter_errors(one["document"])]
            if one["right"] and errors:
                print(f"{name}: {one['name']}: hiebox takes it, the schema does not: {errors[0][:200]}")
                bad += 1
            elif not one["right"] and not errors:
                # a kind is told by its key, so without that the schema for all says only that it is missing
                print(f"{name}: {one['name']}: hiebox refuses it, the schema does not: {line.strip()[:300]}")
                bad += 1
        right += one["right"]
        wrong += not one["right"]
print(f"{right} right and {wrong} wrong documents, {bad} disagreements")
sys.exit(1 if bad else 0)
