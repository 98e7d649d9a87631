"""console_check.py LEADER: the exchange console on a booted demo, in a browser; LEADER is the box's first process, and
this runs in its network. Prints TAP lines and END. Pictures go to build/check/pictures."""
import http.client
import json
import os
import ssl
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import accessible  # noqa: E402
import browser  # noqa: E402
from box import ROOT as USER, ROUTER, check, inside, openhim_headers, secret, sha512, until  # noqa: E402

PICTURES = "build/check/pictures"
CONSOLE = "https://127.0.0.1/console/"
EVIL = "<img src=x onerror=window.hacked=1>"
MANY = 20000
# what the tests find on the page, as a person does: by the words
HELPERS = """window.t = {
  seen: e => e.offsetParent !== null || e.closest('dialog'),
  label: (w, n) => { const l = [...(n || document).querySelectorAll('label')].filter(e => e.textContent === w && t.seen(e))[0];
    return l && document.getElementById(l.htmlFor) },
  set: (w, v, n) => { const e = t.label(w, n); if (!e) return false; if (e.type === 'checkbox' || e.type === 'radio') { if (e.checked !== v) e.click() }
    else { e.value = v; e.dispatchEvent(new Event('input', { bubbles: true })); e.dispatchEvent(new Event('change', { bubbles: true })) } return true },
  press: w => { const e = [...document.querySelectorAll('dialog button, main button, main a, header a, header button')]
    .filter(e => e.textContent.trim() === w && t.seen(e))[0]; if (!e) return false; e.click(); return true },
  text: () => document.body.innerText
}; true"""


def curl(user, path, method="GET", body=None):
    words = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--path-as-is", "-g", "-X", method, "-H", "X-Evil: " + EVIL]
    if user:
        words += ["-u", user]
    if body:
        words += ["-H", "Content-Type: application/fhir+json", "-d", "@-"]
    return subprocess.run([*words, ROUTER + path], capture_output=True, text=True, input=json.dumps(body)).stdout


def plain(method, path, secure=True, headers=None, body=None):
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    more = {"context": ssl._create_unverified_context()} if secure else {}
    link = kind("127.0.0.1", timeout=120, **more)
    link.request(method, path, body, headers or {})
    answer = link.getresponse()
    return answer, answer.read().decode("utf-8", "replace")


class Api:
    """OpenHIM's API through nginx, as another person uses it."""
    def __init__(self, password):
        _, text = plain("GET", "/console/api/authenticate/" + USER)
        self.salt = json.loads(text)["salt"]
        self.hash = sha512(self.salt + password)

    def call(self, method, path, body=None):
        ts = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        headers = openhim_headers(USER, self.salt, self.hash, ts)
        if body is not None:
            headers["Content-Type"] = "application/json"
        answer, text = plain(method, "/console/api/" + path, True, headers, json.dumps(body) if body is not None else None)
        return answer.status, json.loads(text) if "json" in answer.headers.get("Content-Type", "") else text


class Window(browser.Browser):
    def open(self, address=CONSOLE):
        self.go(address)
        self.value(HELPERS)

    def text(self):
        return self.value("t.text()") or ""

    def sees(self, words, seconds=15):
        return until(lambda: words in self.text(), seconds)

    def at(self, place, words):
        self.value(f"location.hash = {json.dumps(place)}; true")
        return self.sees(words)

    def set(self, label, value, within=None):
        where = f"document.querySelector({json.dumps(within)})" if within else "null"
        return self.value(f"t.set({json.dumps(label)}, {json.dumps(value)}, {where})")

    def press(self, words):
        return until(lambda: self.value(f"t.press({json.dumps(words)})"), 10)

    def log_in(self, password):
        self.set("User", USER)
        self.set("Password", password)
        self.press("Log in")
        return self.sees("Log out")


def before_log_in(window, password):
    answer, text = plain("GET", "/console/", secure=False)
    check("on plain http it says where to go", answer.status == 200 and "https://127.0.0.1/console/" in text and "chiffrée" in text, text[:200])
    bare = ("0 header", "0 nav", "0 footer", "the first link does not skip to the content")  # one sentence and one link
    check("that page is accessible", not (found := [f for f in accessible.problems(text) if f not in bare]), found)
    check("no API on plain http", plain("GET", "/console/api/heartbeat", secure=False)[0].status == 403)
    answer, _ = plain("GET", "/console/")
    check("the policy of the page holds here too", "default-src 'none'" in answer.headers.get("Content-Security-Policy", ""), answer.headers)
    check("the API tells strangers nothing", plain("GET", "/console/api/channels")[0].status == 401)
    answer, _ = plain("GET", "/console/api/heartbeat", headers={"Origin": "https://evil.example"})
    check("no other origin may read it", answer.status == 200 and "Access-Control-Allow-Origin" not in answer.headers, answer.headers)
    window.look(1024)
    window.open()
    check("the log-in is shown", window.sees("Log in"), window.text())
    window.set("User", USER)
    window.set("Password", "wrong")
    window.press("Log in")
    check("a wrong password is said in words", window.sees("User or password is wrong."), window.text())
    check("the right one lets in", window.log_in(password), window.text())
    kept = window.value("JSON.stringify({ ...sessionStorage }) + JSON.stringify({ ...localStorage }) + document.cookie")
    check("the password is kept nowhere", password not in kept)


def channel_client_role(window):
    window.at("#/channels/new", "New channel")
    for label, value in (("Name", "Laboratory"), ("URL pattern", "^/lab/.*$"), ("Allowed roles and clients", "lab"), ("Priority", "5")):
        window.set(label, value)
    window.set("PUT", True)
    window.set("Name", "HAPI FHIR", "fieldset.route")
    window.set("Path transform", "s/^\\/lab/\\/fhir/", "fieldset.route")
    window.set("Try a path", "/lab/Patient/1")
    check("the try-it box says yes", window.sees("Yes, this channel takes it."), window.text())
    window.set("Try a path", "/elsewhere")
    check("and no", window.sees("the pattern does not match"))
    window.press("Save")
    check("a channel is made", window.sees("A channel says which paths") and window.sees("^/lab/.*$"), window.text())
    window.at("#/clients/new", "New client")
    for label, value in (("Client ID", "clinic-c"), ("Name", "Clinic C"), ("Roles", "lab"), ("Domain", "clinic-c.example.org"), ("Password", "geheim12")):
        window.set(label, value)
    window.press("Save")
    check("a client is made", window.sees("Everybody who may talk") and window.sees("clinic-c.example.org"), window.text())
    window.at("#/roles", "A role links")
    check("the role is there with both", window.sees("lab"), window.text())
    window.at("#/roles/one?name=lab", "All roles")
    window.set("Name", "laboratory")
    window.press("Save")
    check("a role is renamed", window.sees("A role links") and window.sees("laboratory"), window.text())


def role_of_the_box(window, api):
    """registry-steward is a role and a client's ID: OpenHIM's list of roles forgets its channels, the console must not."""
    allowing = [one["name"] for one in api.call("GET", "channels")[1] if "registry-steward" in one["allow"]]
    window.at("#/roles", "A role links")
    window.at("#/roles/one?name=registry-steward", "All roles")
    ticked = window.value("document.querySelectorAll('fieldset:first-of-type input:checked').length")
    check("a role that is a client's ID, too, has its channels", ticked == len(allowing) and ticked > 8, f"{ticked} of {len(allowing)}")
    window.set("Laboratory", True)
    window.press("Save")
    window.sees("A role links")
    now = {one["name"]: one for one in api.call("GET", "channels")[1] if "registry-steward" in one["allow"]}
    check("one channel more, none lost", set(now) == {*allowing, "Laboratory"}, sorted(now))
    history = api.call("GET", f"channels/{now['Laboratory']['_id']}/audits")[1]
    check("the channel's history says who", history[0]["updatedBy"]["name"] and "registry-steward" in json.dumps(history[0]["ops"]), history[0])
    window.at("#/roles/one?name=registry-steward", "All roles")
    window.set("Laboratory", False)
    window.press("Save")
    check("and back", window.sees("A role links") and "registry-steward" not in
          next(one for one in api.call("GET", "channels")[1] if one["name"] == "Laboratory")["allow"], window.text())


def message(window, api):
    patient = {"resourceType": "Patient", "id": "console-1", "name": [{"family": "<script>window.hacked=1</script>"}]}
    status = until(lambda: (code := curl("clinic-c:geheim12", "/lab/Patient/console-1", "PUT", patient)) in ("200", "201") and code, 15)
    check("the new client's message goes through the new channel", status, status)
    curl("clinic-c:geheim12", f"/lab/{urllib.parse.quote(EVIL)}")
    window.at("#/transactions", "Every request")
    check("it is in the list", window.sees("/lab/Patient/console-1"), window.text())
    window.at("#/transactions?path=/lab/Patient/console-1&method=PUT", "Filters (2 set)")
    number = api.call("GET", "transactions?" + urllib.parse.urlencode({"filterLimit": 1, "filterPage": 0, "filters": json.dumps(
        {"request.path": "console-1"})}))[1][0]["_id"]
    check("its page shows the body as text", window.at(f"#/transactions/{number}", "<script>window.hacked=1</script>"), window.text())
    check("and no password", "geheim12" not in window.text() and "Basic " not in window.text())
    window.press("Rerun")
    check("a rerun warns", window.sees("written a second time"), window.text())
    window.value("[...document.querySelectorAll('dialog button')].pop().click()")
    check("and ends", window.sees("The rerun has ended.", 60), window.text())
    api_child = until(lambda: api.call("GET", f"transactions/{number}")[1].get("childIDs"), 10)
    check("the rerun knows what it is of", api_child and window.at(f"#/transactions/{api_child[0]}", "This is a rerun of"), window.text())
    window.value("document.querySelectorAll('details').forEach(e => e.open = true); true")
    check("a header that is a script is text", window.sees(EVIL), window.text())
    check("nothing that a message carries became a script", window.value("window.hacked === undefined"))
    return number


def evil_client(window, api):
    """A client whose ID is a script, made beside the console: in the list of clients, in filters and in transactions."""
    name = "<img/src=x/onerror=hacked=1>"
    salt = "5a17"
    status, text = api.call("POST", "clients", {"clientID": name, "name": name, "clientDomain": name, "roles": ["laboratory", EVIL],
        "passwordAlgorithm": "sha512", "passwordSalt": salt, "passwordHash": sha512("geheim12" + salt)})
    check("a client whose ID is a script is made", status == 201, text)
    code = until(lambda: (code := curl(name + ":geheim12", "/lab/Patient/console-1")) == "200" and code, 10)
    check("and comes through", code == "200", code)
    for place, lead in (("#/clients", "Everybody who may talk"), ("#/transactions", "Every request"), ("#/roles", "A role links"),
                        ("#/audits", "log-ins, refusals")):
        window.at(place, lead)
        check(f"its ID is text at {place}", (window.sees(name, 5) or place == "#/audits") and window.value("window.hacked === undefined"), window.text())


def big_bodies(window, api):
    patient = {"resourceType": "Patient", "id": "console-2", "text": {"status": "generated",
        "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\">" + " ".join("n%07d" % n for n in range(30000)) + "</div>"}}
    check("a message of 300 kB goes through", (code := curl("clinic-c:geheim12", "/lab/Patient/console-2", "PUT", patient)) in ("200", "201"), code)
    number = api.call("GET", "transactions?" + urllib.parse.urlencode({"filterLimit": 1, "filterPage": 0, "filters": json.dumps(
        {"request.path": "console-2"})}))[1][0]["_id"]
    window.at(f"#/transactions/{number}", "Fetch the whole body")
    before = len(window.text())
    check("its page holds its beginning alone", before < 60000 and "n0029999" not in window.text(), before)
    window.press("Fetch the whole body")
    check("the whole comes when asked for, still in steps", window.sees("Show more") and len(window.text()) < 120000, len(window.text()))
    for _ in range(5):
        window.value("[...document.querySelectorAll('.body button')].filter(e => e.textContent.startsWith('Show more'))[0]?.click()")
        time.sleep(0.3)
    check("to its end", window.sees("n0029999", 20), len(window.text()))


def audit_filters(window, api):
    plain("GET", "/console/api/users/" + urllib.parse.quote(USER), headers={"auth-username": USER, "auth-ts": time.strftime(
        "%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()), "auth-salt": "x", "auth-token": "y"})
    window.at("#/audits", "log-ins, refusals")
    window.value("document.querySelector('details.filters').open = true; true")
    options = window.value("[...t.label('Event').options].map(e => e.value)")
    check("the events are choices", options and len(options) > 2, options)
    window.set("Event", options[-1])
    window.press("Search")
    check("an event's audits", window.sees("Filters (1 set)") and window.sees(options[-1]), window.text())
    rows = window.value("[...document.querySelectorAll('main tbody tr')].map(e => e.innerText)")
    check("and no others", rows and all(options[-1] in row for row in rows), rows)
    window.at("#/audits?outcome=8", "Filters (1 set)")
    check("failures", until(lambda: window.value("t.label('Outcome')?.value") == "8" and not window.value(
        "[...document.querySelectorAll('main tbody tr')].some(e => !e.innerText.includes('serious failure'))")), window.text())
    ahead = time.strftime("%Y-%m-%dT%H:%M", time.localtime(time.time() + 86400))
    check("a time without any", window.at(f"#/audits?from={ahead}", "No audit fits.") or "Older" not in window.text(), window.text())


def over(window, password):
    window.value("sessionStorage.setItem('hie-console', JSON.stringify({...JSON.parse(sessionStorage.getItem('hie-console')), hash: 'f'.repeat(128)})); true")
    window.call("Page.reload")
    time.sleep(1)
    window.value(HELPERS)
    check("a session that is over is said", window.sees("Your session is over, or the password was changed."), window.text())
    check("and a new log-in goes on where it was", window.log_in(password), window.text())


def switched_off(window):
    window.at("#/channels", "A channel says which paths")
    window.value("[...document.querySelectorAll('tr')].filter(e => e.innerText.includes('Laboratory'))[0].querySelector('button').click()")
    check("a channel is disabled with one click", window.sees("disabled"))
    code = until(lambda: (code := curl("clinic-c:geheim12", "/lab/Patient/console-1")) not in ("200", "") and code, 10)
    check("then it is refused", code in ("401", "404"), code)
    check("somebody without a log-in is refused", curl(None, "/fhir/Patient/x") == "401")
    check("the refusal is among the audits", window.at("#/audits?refused=1", "A request was refused (401)"), window.text())
    window.value("document.querySelector('main tbody a').click()")
    check("an audit's page", window.sees("As it was recorded") and window.sees("Node Authentication"), window.text())


def two_people(window, api):
    channel = next(one for one in api.call("GET", "channels")[1] if one["name"] == "Laboratory")
    place = f"#/channels/{channel['_id']}"
    window.at(place, "Try a path")
    api.call("PUT", f"channels/{channel['_id']}", {"priority": 8})
    window.set("Priority", "9")
    window.press("Save")
    check("somebody else's change is not written over in silence", window.sees("Somebody else changed this meanwhile"), window.text())
    window.press("Cancel")
    check("and is kept", api.call("GET", f"channels/{channel['_id']}")[1]["priority"] == 8)
    window.at("#/channels", "A channel says which paths")
    window.at(place, "Try a path")
    window.set("Name", "")
    window.press("Save")
    check("a mistake is said before OpenHIM is asked", window.sees("A name is missing."), window.text())


def shared_paths(window, api):
    """Channels of the box that share paths and differ in methods: each form says who takes what, and keeps the rest."""
    channels = {one["name"]: one for one in api.call("GET", "channels")[1]}
    check("every channel of the box is there", len(channels) >= 17, sorted(channels))
    removing = channels["Client registry: removing a patient"]
    window.at("#/channels", "A channel says which paths")
    listed = window.value("document.querySelectorAll('main tbody tr').length")
    check("and in the list", listed == len(channels), listed)
    window.at(f"#/channels/{removing['_id']}", "Try a path")
    window.set("Try a path", "/CR/fhir/Patient/a-0001")
    check("the method decides", window.sees("“Client registry: patients” comes before, but does not have DELETE"), window.text())
    window.set("Method", "GET", ".try")
    check("and who has it", window.sees("this channel does not have GET: “Client registry: patients” takes it"), window.text())
    window.set("Method", "PATCH", ".try")
    check("or nobody", window.sees("no channel for this path has PATCH. The answer is 405."), window.text())
    window.set("Description", "Only the steward removes")
    window.press("Save")
    now = until(lambda: (one := api.call("GET", f"channels/{removing['_id']}")[1])["description"] != removing["description"] and one)
    window.sees("Saved")
    check("of a channel of the box only what was changed is written", now and {**now, "description": ""} == {**removing, "description": ""}, now)
    code = curl("clinic-c:geheim12", "/CR/fhir/Patient/a-0001", "DELETE")
    check("a clinic may not remove", code == "401", code)


def history(window):
    window.at("#/clients", "Everybody who may talk")
    window.at("#/roles", "A role links")
    window.value("history.back(); true")
    check("back goes back", window.sees("Everybody who may talk"))
    window.call("Page.reload")
    time.sleep(2)
    window.value(HELPERS)
    check("a reload stays, logged in", window.sees("Everybody who may talk"), window.text())


def down(window):
    window.at("#/transactions", "Every request")
    inside("systemctl", "stop", "openhim")
    window.press("Look again")
    check("an OpenHIM that is down is one sentence", window.sees("OpenHIM does not answer."), window.text())
    window.value("location.hash = '#/channels'; true")
    check("also where a page begins", window.sees("OpenHIM does not answer."), window.text())
    inside("systemctl", "start", "openhim")
    check("and it comes back by itself", window.sees("A channel says which paths", 60), window.text())


def many(api):
    """The store holds whole documents and has no secondary index: a list must neither end it nor take seconds."""
    script = f"""
const core = require('module').createRequire('/opt/openhim/node_modules/openhim-core/');
const random = require('crypto').randomBytes;
const {{ MongoClient, ObjectID }} = core('mongodb');
(async () => {{
  const link = await MongoClient.connect('mongodb://127.0.0.1:27017/openhim'), db = link.db ? link.db('openhim') : link;
  const [channel] = await db.collection('channels').find({{}}).toArray(), start = Date.now() - {MANY} * 10000 - 3600000;
  for (let at = 0; at < {MANY}; at += 500)
    await db.collection('transactions').insertMany(Array.from({{ length: 500 }}, (_, one) => {{
      const timestamp = new Date(start + (at + one) * 10000), body = JSON.stringify({{ a: random(2990).toString('hex') }});
      return {{ _id: new ObjectID(Math.floor(timestamp / 1000)), channelID: channel._id, childIDs: [], canRerun: true, status: 'Successful',
        request: {{ method: 'GET', path: '/fhir/Patient/' + (at + one), headers: {{}}, body, timestamp }},
        response: {{ status: 200, headers: {{}}, body, timestamp }}, routes: [], orchestrations: [] }} }}))
  console.log(await db.collection('transactions').count({{}}))
  process.exit(0)
}})()"""
    said = inside("/usr/bin/node", "-", text=script).strip()
    check(f"{MANY} messages of 12 kB are there", said.isdigit() and int(said) >= MANY, said)
    hour = json.dumps({"$gte": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 8 * 3600))})
    for name, filters, most in (("the newest", {}, 1), ("a time's", {"request.timestamp": hour}, 1), ("one status'", {"status": "Successful"}, 1),
                                ("a rare path's", {"request.path": "Patient/77$"}, 10)):
        words = urllib.parse.urlencode({"filterLimit": 21, "filterPage": 0, "filterRepresentation": "simple", "filters": json.dumps(filters)})
        start = time.time()
        status, rows = api.call("GET", "transactions?" + words)
        took = time.time() - start
        print(f"# {name} list of {MANY}: {took * 1000:.0f} ms", flush=True)
        check(f"{name} list of {MANY} comes within {most} s", status == 200 and rows and took < most, f"{status}, {took:.2f} s")
    check("and the store is the same one still", inside("systemctl", "show", "-P", "NRestarts", "openhim-store").strip() == "0")
    print(f"# the store's memory: {inside('sh', '-c', 'grep VmRSS /proc/$(systemctl show -P MainPID openhim-store)/status').strip()}", flush=True)
    start = time.time()
    inside("systemctl", "restart", "openhim-store")
    took = time.time() - start
    print(f"# the store with {MANY} messages, from its end to its open port: {took:.1f} s", flush=True)
    said = inside("journalctl", "-u", "openhim-store", "-o", "short-unix", "--no-pager", "-n", "200")
    times = {words: next((float(line.split()[0]) for line in reversed(said.splitlines()) if words in line), 0.0)
             for words in ("Starting", "compacted", "Started")}
    opening = times["Started"] - max(times["compacted"], times["Starting"])
    print(f"# of that, after the file was compacted: {opening:.1f} s", flush=True)
    check("what it does after compacting does not grow with the messages", 0 < opening < 8, times)


def pictures(window, number):
    views = {"transactions": "#/transactions", "transaction": f"#/transactions/{number}", "channels": "#/channels", "channel": None,
             "clients": "#/clients", "client-new": "#/clients/new", "roles": "#/roles", "role": "#/roles/one?name=laboratory",
             "audits": "#/audits?refused=1", "filters": "#/transactions?errors=1"}
    window.at("#/channels", "A channel says which paths")
    views["channel"] = window.value("[...document.querySelectorAll('main a')].filter(e => e.textContent === 'Laboratory')[0].getAttribute('href')")
    for language, widths in (("en", (360, 1024, 1920)), ("fr", (360, 1024))):
        window.value(f"[...document.querySelectorAll('#person a')].filter(e => e.lang === '{language}')[0].click()")
        time.sleep(1)
        for name, place in views.items():
            window.value(f"location.hash = {json.dumps(place)}; true")
            time.sleep(1.2)
            for width in widths:
                for theme in ("light", "dark") if width == 1024 else ("light",):
                    window.look(width, dark=theme == "dark")
                    case = f"{name}, {language}, {width}, {theme}"
                    wide = window.value("document.documentElement.scrollWidth")
                    check(f"{case}: fits", wide <= width, f"{wide} pixels wide")
                    window.picture(f"{PICTURES}/console-{name}-{language}-{width}-{theme}.png")
            page = "<!DOCTYPE html>" + window.value("document.documentElement.outerHTML")
            found = [f for f in accessible.problems(page) if not f.startswith("link #/")]  # those are places of the console
            check(f"accessible: {name}, {language}", not found, found)
    window.look(1024)


def keyboard(window):
    window.value("[...document.querySelectorAll('#person a')].filter(e => e.lang === 'en')[0].click()")
    window.at("#/transactions", "Every request")
    window.call("Page.reload")
    time.sleep(2)
    window.value(HELPERS)
    window.call("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
    check("the first key leads to the skip link", window.value("document.activeElement.id") == "skip")


def leave(window):
    window.press("Log out")
    check("logging out forgets", window.sees("Log in") and window.value("sessionStorage.length") == 0, window.text())


def main():
    if not browser.program():
        print("ok - the exchange console in a browser # SKIP no chromium\nEND")
        return
    inside("hie", "status", "--wait", "300")
    password = secret("openhim-root")
    window = Window()
    before_log_in(window, password)
    api = Api(password)
    channel_client_role(window)
    role_of_the_box(window, api)
    number = message(window, api)
    evil_client(window, api)
    big_bodies(window, api)
    switched_off(window)
    audit_filters(window, api)
    two_people(window, api)
    shared_paths(window, api)
    history(window)
    pictures(window, number)
    keyboard(window)
    over(window, password)
    down(window)
    leave(window)
    bad = [c for c in window.complaints() if "status of 4" not in c and "status of 5" not in c]
    check("the browser has nothing to say", not bad, bad)
    outside = [r for r in window.requests() if not r.startswith(("https://127.0.0.1/", "data:"))]
    check("no request to the outside", not outside, outside)
    window.close()
    many(api)
    print("END")


os.makedirs(PICTURES, exist_ok=True)
main()
