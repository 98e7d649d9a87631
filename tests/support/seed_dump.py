#!/usr/bin/env python3
"""seed_dump.py SQL FOLDER: what the client registry made of a data set's people, read out of the SQL that a box loads, is
what FOLDER/answers.json says; and the SQL holds nothing that differs from build to build. Says what is not so."""
import collections, itertools, json, re, sys

MATCH, POSSIBLE = "2", "1"  # mpi_link.match_result


def tables(path):
    """Each table's rows, as dictionaries; the columns stand in CREATE TABLE."""
    columns, rows, made, copied = {}, collections.defaultdict(list), None, None
    for line in open(path, encoding="utf-8"):
        line = line.rstrip("\n")
        if copied and line != "\\.":
            rows[copied].append(dict(zip(columns[copied], line.split("\t"))))
        elif copied:
            copied = None
        elif line.startswith("COPY "):
            copied = line.split()[1].removeprefix("public.")
        elif line.startswith("CREATE TABLE "):
            made = line.split()[2].removeprefix("public.")
            columns[made] = []
        elif made and line.startswith(")"):
            made = None
        elif made and line.strip() and not line.strip().startswith("CONSTRAINT"):
            columns[made].append(line.split()[0])
    return rows


class Links:
    def __init__(self, rows):
        names = {row["res_id"]: row["fhir_id"] for row in rows["hfj_resource"] if row["res_type"] == "Patient"}
        self.golden = collections.defaultdict(dict)  # record: {golden record: result}
        for row in rows["mpi_link"]:
            self.golden[names[row["target_pid"]]][row["golden_resource_pid"]] = row["match_result"]
        goldens = {row["golden_resource_pid"] for row in rows["mpi_link"]}
        self.records = {name for number, name in names.items() if number not in goldens}

    def between(self, one, other):
        shared = [(self.golden[one][g], self.golden[other][g]) for g in self.golden[one].keys() & self.golden[other].keys()]
        if (MATCH, MATCH) in shared:
            return "match"
        return "possible" if shared else "nothing"


def wrong(rows, answers):
    links = Links(rows)
    expected = {"match": "match", "possible": "possible", "unseen": "nothing", "apart": "nothing"}
    told = {}
    for one in answers["people"] + answers["different"]:
        for pair in itertools.combinations(sorted(one["records"]), 2):
            told[pair] = expected[one["registry"]]
    known = {record for person in answers["people"] for record in person["records"]}
    for record in sorted(known ^ links.records):
        yield f"{record} is in {'answers.json' if record in known else 'the registry'} alone"
    for record in sorted(links.records - links.golden.keys()):
        yield f"{record} was never linked"
    for pair in itertools.combinations(sorted(known & links.golden.keys()), 2):
        found, wanted = links.between(*pair), told.get(pair, "nothing")
        if found != wanted:
            yield f"{pair[0]} and {pair[1]}: {found}, answers.json says {wanted}"
    for table, found in rows.items():
        if found and re.match(r"bt2_|hfj_blk_|hfj_search(_|$)(?!param)|hfj_resource_modified|hfj_res_search_url", table):
            yield f"{table} holds {len(found)} rows of the server's own"
    for name in ("request_id",):
        for row in rows["hfj_res_ver"]:
            if row.get(name, "\\N") != "\\N":
                yield f"hfj_res_ver {row['pid']} has a {name}"
    times = {row[column] for row in rows["hfj_resource"] for column in ("res_published", "res_updated")}
    if len(times) != 1:
        yield f"resources are of {len(times)} times"


def main():
    rows, answers = tables(sys.argv[1]), json.load(open(sys.argv[2] + "/answers.json", encoding="utf-8"))
    mistakes = list(wrong(rows, answers))
    for mistake in mistakes:
        print(mistake)
    if not mistakes:
        results = collections.Counter(row["match_result"] for row in rows["mpi_link"])
        print(f"{len(answers['people'])} people: {results[MATCH]} records linked, {results[POSSIBLE]} for a person to decide")
    sys.exit(bool(mistakes))


main()
