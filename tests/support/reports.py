#!/usr/bin/env python3
"""reports.py FOLDER: judges from outside for the reports of `hiebox test` in it. *.junit.xml: expat, then the elements,
attributes and order that Jenkins' junit-10.xsd allows (github.com/jenkinsci/xunit-plugin), sums that are right, and
junitparser where it is installed; *.tap: test numbers, plan, directives and YAML as in TAP 14; *.testreport.json: the shape
of a Bundle; *.html: accessible.py, and nothing that is asked from outside. Prints TAP lines."""
import json
import re
import sys
import xml.etree.ElementTree as tree
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import accessible  # noqa: E402

# element: the attributes it must have, those it may have, its children
OUTCOME = (set(), {"type", "message"}, set())
JENKINS = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": ({"name", "tests", "failures", "errors"},
                  {"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
                  {"testsuite", "properties", "testcase", "system-out", "system-err"}),
    "properties": (set(), set(), {"property"}),
    "property": ({"name", "value"}, set(), set()),
    "testcase": ({"name"}, {"time", "classname", "group"}, {"skipped", "error", "failure", "system-out", "system-err"}),
    "failure": OUTCOME, "error": OUTCOME, "skipped": OUTCOME, "system-out": (set(), set(), set()), "system-err": (set(), set(), set()),
}


def shape(element):
    found = []
    must, may, children = JENKINS[element.tag]
    found += [f"<{element.tag}> without {name}" for name in must - set(element.attrib)]
    found += [f"<{element.tag} {name}> is unknown" for name in set(element.attrib) - must - may]
    if not re.fullmatch(r"\d*(\.\d*)?", element.get("time", "")):
        found.append(f"time {element.get('time')}")
    for child in element:
        if child.tag not in children:
            found.append(f"<{child.tag}> in <{element.tag}>")
        else:
            found += shape(child)
    return found


def sums(suite):
    cases = suite.findall("testcase")
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        real = sum(1 for case in cases if case.find(tag) is not None)
        if suite.get(key) != str(real):
            yield f"{suite.get('name')}: {key} {suite.get(key)}, but {real} in it"
    if suite.get("tests") != str(len(cases)):
        yield f"{suite.get('name')}: tests {suite.get('tests')}, but {len(cases)} in it"
    yield from (f"{case.get('name')} has several outcomes" for case in cases if len(case) > 1)


def junit(path):
    root = tree.parse(path).getroot()
    found = shape(root) if root.tag == "testsuites" else [f"<{root.tag}> is the root"]
    for suite in root:
        found += sums(suite)
    for key in ("tests", "failures", "errors"):
        if int(root.get(key)) != sum(int(suite.get(key)) for suite in root):
            found.append(f"{key} of all is not the suites' sum")
    return found


def junit_parsed(path):
    import junitparser
    cases = [case for suite in junitparser.JUnitXml.fromfile(str(path)) for case in suite]
    root = tree.parse(path).getroot()
    found = [] if len(cases) == int(root.get("tests")) else [f"junitparser sees {len(cases)} tests"]
    if sum(any(isinstance(result, junitparser.Failure) for result in case.result) for case in cases) != int(root.get("failures")):
        found.append("junitparser sees other failures")
    return found


def tap(path):
    lines = path.read_text().split("\n")
    found, number, block = [], 0, False
    if lines[0] != "TAP version 14" or lines[-1] != "":
        found.append("first or last line")
    for line in lines[1:-1]:
        if block:
            block = line != "  ..."
            if not re.fullmatch(r'  (\.\.\.|[a-z_]+:( .+)?|  - ".*")', line):
                found.append(f"in YAML: {line[:80]}")
            quoted = re.search(r'(?:^    - |: )(".*")$', line)
            if quoted:
                json.loads(quoted.group(1))
        elif line == "  ---":
            block = True
        elif re.match(r"(not )?ok \d+ - ", line):
            number += 1
            if int(re.search(r"\d+", line).group()) != number:
                found.append(f"number of {line[:60]}")
        elif not re.fullmatch(rf"1\.\.{number}|Bail out! .*", line):
            found.append(f"what is {line[:80]!r}")
    if f"1..{number}" not in lines or block:
        found.append("no plan, or YAML without an end")
    return found


def testreport(path):
    bundle = json.loads(path.read_text())
    found = [] if bundle["resourceType"] == "Bundle" and bundle["type"] == "collection" else ["no collection"]
    urls = [entry["fullUrl"] for entry in bundle.get("entry", [])]
    if len(set(urls)) != len(urls):
        found.append("two entries have one fullUrl")
    for entry in bundle.get("entry", []):
        report = entry["resource"]
        results = re.findall(r'"result": "(\w+)"', json.dumps(report.get("test", [])))
        if report["result"] == "pass" and {"fail", "error"} & set(results):
            found.append(f"{report['name']} passes, but a part does not")
    return found


def page(path):
    html = path.read_text()
    parsed = accessible.Page()
    parsed.feed(html)
    found = accessible.problems(html)
    found += accessible.contrast_problems(html.split("<style>")[1].split("</style>")[0])
    if not any((e.get("content") or "").startswith("default-src 'none'; style-src 'sha256-") for e in parsed.all("meta")):
        found.append("no Content-Security-Policy")
    for element in parsed.elements:
        if element["tag"] in ("script", "link", "img", "iframe", "object", "embed", "form", "base"):
            found.append(f"<{element['tag']}>")
        found += [f"{key} leads outside" for key in ("src", "href", "action", "xlink:href", "data", "srcset")
                  if not element.get(key, "#").startswith("#")]
    if re.search(r"url\(|@import", html.split("<style>")[1].split("</style>")[0]):
        found.append("the style asks for a file")
    return found


JUDGES = [(".junit.xml", "JUnit as Jenkins reads it", junit), (".tap", "TAP 14", tap), (".testreport.json", "a Bundle", testreport),
          (".html", "accessible, and by itself", page)]


def main(folder):
    try:
        import junitparser  # noqa: F401
        JUDGES.append((".junit.xml", "read by junitparser", junit_parsed))
    except ImportError:
        print("ok - read by junitparser # SKIP the Python module junitparser is not installed")
    for suffix, name, judge in JUDGES:
        files = sorted(path for path in Path(folder).iterdir() if path.name.endswith(suffix))
        for path in files:
            try:
                found = judge(path)
            except Exception as problem:  # noqa: BLE001  a judge that stumbles says no
                found = [f"{type(problem).__name__}: {problem}"]
            print(f"{'not ok' if found else 'ok'} - {path.name}: {name}")
            for one in found[:5]:
                print(f"#   {one}")
        if not files:
            print(f"not ok - no {suffix} in {folder}")


main(sys.argv[1])
