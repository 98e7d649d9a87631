"""map_check.py LEADER map: the exchange map on a booted demo. LEADER is the box's first process, and this runs in its
network. Prints TAP lines and END. Pictures go to build/check/pictures."""
import json
import re
import subprocess
import time

import page_check
from page_check import HTTP, HTTPS, PICTURES, ask, browser, check, inside, look
from box import ROUTER, secret  # page_check knows where it lies

EVIL = "<script>document.title='taken'</script>"


def send(who, path, method="GET", body=None, password=None):
    """A message through the exchange; its status."""
    words = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", method, f"{ROUTER}{path}"]
    if who:
        words += ["-u", f"{who}:{password or secret(who)}"]
    if body:
        words += ["-H", "Content-Type: application/fhir+json", "-d", json.dumps(body)]
    return subprocess.run(words, capture_output=True, text=True).stdout


def events(after=0):
    return json.loads(ask(f"/map/events?after={after}", headers={"Accept-Language": "en"}).body)


def wait_for(count, after):
    """The events after `after`, once there are that many; and how long the last took to be seen."""
    end, answer = time.time() + 10, events(after)
    while len(answer["events"]) < count and time.time() < end:
        time.sleep(0.05)
        answer = events(after)
    return answer


def person(name, number):
    return {"resourceType": "Patient", "id": number, "name": [{"family": name, "given": ["Ada"]}]}


def messages():
    """One message of each kind, and what the map says of it."""
    before = events()["newest"]
    check("registering through the exchange", send("pos-clinic-a", "/fhir/Patient/map-1", "PUT", person(EVIL, "map-1")) in ("200", "201"))
    start = time.time()
    answer = wait_for(1, before)
    print(f"# seen {1000 * (time.time() - start):.0f} ms after its answer")
    first = (answer["events"] or [{}])[0]
    check("a message is on the map", first.get("outcome") == "passed" and first["to"] == "client-registry" and
          first["from"] == "pos-clinic-a", answer)
    send("hospital", "/fhir/Patient?family=Nobody&given=Ada")
    send("observer", "/fhir/Patient")
    send("pos-clinic-b", "/fhir/Patient", password="wrong")
    send(None, "/fhir/Patient")
    send("hospital", "/nowhere/map-1")
    send("hospital", "/fhir/Patient/not-there")
    found = wait_for(6, answer["newest"])["events"]
    check("each has its outcome", [e["outcome"] for e in found] == ["passed", "refused", "refused", "refused", "refused", "declined"],
          [e["outcome"] for e in found])
    check("who is refused is named", "Observer has no right" in found[1]["became"], found[1])
    check("a wrong password is nobody", found[2]["from"] == "" and "does not know who is asking" in found[2]["became"], found[2])
    check("no channel is said", "no channel" in found[4]["became"], found[4])
    told = inside("cat", "/run/openhim/events")
    check("nothing of a patient is in the events", not any(w in told for w in ("map-1", "Nobody", "script", "Ada")), told[-600:])
    check("the file is for the group alone", inside("stat", "-c", "%U %G %a", "/run/openhim/events").split() == ["openhim", "openhim", "640"])
    link = answer["events"][0]["link"] if answer["events"] else "/map/message"
    page = ask(link)
    check("a click: words, FHIR, transaction", page.status == 200 and "Clinic A registered" in page.text and
          '"resourceType": "Patient"' in page.text and "/console/#/transactions/" in page.body, page.text[:600])
    check("script in a patient's name stays text", EVIL not in page.body and EVIL in page.text)
    check("no password is shown", "uthorization" not in page.body and secret("pos-clinic-a") not in page.body)
    page = ask(found[0]["link"], headers={"Accept-Language": "fr"})
    check("a question in French", "qui est « Ada Nobody »" in page.text and "rien n’a été trouvé" in page.text, page.text[:600])
    check("a refused one has words too", "in its audits" in ask(found[1]["link"]).text)


def in_a_browser():
    if not browser.program():
        print("ok - the map in a browser # SKIP no chromium")
        return
    look("map", HTTP + "/map", widths=(360, 1024, 1920))
    look("map presenter", HTTP + "/map?presenter=1", widths=(1024, 1920))
    look("map message", ask_link(), widths=(360, 1024), themes=("light",))
    window = browser.Browser()
    window.look(1024)
    window.go(HTTP + "/map?language=en")
    send("observer", "/fhir/Patient")
    seen = wait_value(window, "document.querySelector('.wide .moving .refused') !== null", 5)
    check("a refused message is red, and on its way", seen and window.value(
        "getComputedStyle(document.querySelector('.wide .moving .refused path')).fill") == "rgb(156, 28, 28)")
    check("it stops at the layer", wait_value(window, "document.querySelector('.wide .layer.hurt') !== null", 4))
    window.picture(f"{PICTURES}/map-refused.png")
    send("pos-clinic-a", "/fhir/Patient/map-1")
    check("a message that passes is green", wait_value(window, "document.querySelector('.wide .moving .passed') !== null", 5))
    window.picture(f"{PICTURES}/map-passed.png")
    window.value("document.querySelector('tbody a').click()")
    check("a click opens the words", wait_value(window, "document.querySelector('dialog[open] #words') !== null", 5))
    time.sleep(0.3)
    window.picture(f"{PICTURES}/map-click.png")
    check("and nothing in it ran", window.value("document.title") != "taken")
    window.value("document.querySelector('dialog').close()")
    for _ in range(30):
        send("pos-clinic-a", "/fhir/metadata")
    window.value("1")
    bad = [c for c in window.complaints() if "status of 4" not in c]
    check("the browser has nothing to say", not bad, bad)
    window.close()


def ask_link():
    link = events()["events"][0]["link"]
    return HTTP + link


def wait_value(window, expression, seconds):
    end = time.time() + seconds
    while time.time() < end:
        try:
            if window.value(expression):
                return True
        except RuntimeError:  # it is just loading the page again
            pass
        time.sleep(0.05)
    return False


def breaks():
    """Where it broke is where the map shows it; the layer itself gone is said in words."""
    before = events()["newest"]
    inside("systemctl", "stop", "hapi-fhir.service")
    send("pos-clinic-a", "/fhir/Encounter?patient=map-1")
    found = wait_for(1, before)["events"]
    check("a registry that is down: the message stops there", found and found[0]["outcome"] == "failed" and
          found[0]["to"] == "shared-health-record" and "cannot be reached" in found[0]["became"], found)
    end = time.time() + 40
    while time.time() < end and events()["states"]["shared-health-record"] in ("ok", "starting"):
        time.sleep(0.5)
    check("and its box says so", events()["states"]["shared-health-record"] in ("degraded", "failed"), events()["states"])
    look("map broken", HTTP + "/map", widths=(1024,), themes=("light",))
    inside("systemctl", "start", "--no-block", "hapi-fhir.service")
    inside("systemctl", "stop", "openhim.service")
    answer = events()
    check("without the layer the map says so", "is not running" in answer.get("note", "") and not answer["events"], answer)
    check("and in French on the page", "aucun message ne passe" in ask("/map", headers={"Accept-Language": "fr"}).text)
    inside("systemctl", "start", "openhim.service")
    inside("hie", "status", "--wait", "240")
    newest = events()["newest"]
    send("pos-clinic-a", "/fhir/Patient/map-1")
    check("it comes back", wait_for(1, newest)["events"])


def hostile():
    """Whatever stands in the file: the page goes on."""
    for name, command in (("noise", "head -c 300000 /dev/urandom >/run/openhim/events"),
                          ("100 MB in one line", "head -c 104857600 /dev/zero | tr '\\0' x >/run/openhim/events"),
                          ("half a line", "printf '{\"id\":1,' >/run/openhim/events")):
        inside("sh", "-c", command)
        start = time.time()
        answer = ask("/map")
        check(f"events of {name}: the page goes on", answer.status == 200 and not events()["events"], answer.status)
        check(f"events of {name}: in 0.2 s", time.time() - start < 0.2, time.time() - start)
    inside("systemctl", "restart", "openhim.service")


def cost():
    """At rest one viewer a second; the memory of both programs."""
    def used(unit):
        process = inside("systemctl", "show", "-P", "MainPID", unit).strip()
        fields = inside("cat", f"/proc/{process}/stat").rsplit(") ", 1)[1].split()
        pss = int(re.search(r"Pss:\s+(\d+)", inside("cat", f"/proc/{process}/smaps_rollup")).group(1))
        return (int(fields[11]) + int(fields[12])) / 100, pss
    newest = events()["newest"]
    before = [used(unit)[0] for unit in ("hie-page.service", "hie-watch.service")]
    start, count = time.time(), 60
    for _ in range(count):
        events(newest)
        time.sleep(0.1)
    each = [1000 * (used(unit)[0] - b) / count for unit, b in zip(("hie-page.service", "hie-watch.service"), before)]
    total = sum(used(unit)[1] for unit in ("hie-page.service", "hie-watch.service"))
    print(f"# a poll: page {each[0]:.2f} ms, watcher {each[1]:.2f} ms of processor; both {total} kB PSS; {time.time() - start:.0f} s")
    check("a viewer costs less than half a percent of a core", sum(each) < 5, each)
    check("watcher and page in 15 MB", total < 15000, total)


def the_map():
    inside("hie", "status", "--wait", "300")
    inside("hie", "status", "--watched", "--wait", "60")
    messages()
    in_a_browser()
    cost()
    breaks()
    hostile()
    check("https shows it, too", ask("/map", True).status == 200 and HTTPS)


if __name__ == "__main__":
    page_check.run({"map": the_map})
