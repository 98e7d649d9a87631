"""workflows_check.py LEADER workflows: a workflow played on a booted demo: in a shell, on the page with and without
JavaScript, seen on the map, failing where the exchange broke, and by whom. LEADER is the box's first process, and this
runs in its network. Prints TAP lines and END. Pictures go to build/check/pictures."""
import json
import re
import time

import page_check
from page_check import HTTP, HTTPS, PICTURES, ask, browser, check, inside, log_in, look
from map_check import events, wait_value
from box import secret, until

STORY = "same-person-two-clinics"
PAGE = f"/workflows/{STORY}"
RESULT = f"/run/hie/workflows/{STORY}.json"


def result():
    text = inside("cat", RESULT)
    return json.loads(text) if text else {}


def ended(seconds=90):
    end = time.time() + seconds
    while time.time() < end and result().get("state") != "ended":
        time.sleep(0.1)
    return result()


def in_a_shell():
    listed = inside("hie", "workflow", "list")
    check("the list has it, and it can be played", re.search(f"^{STORY}\n .*\n  can be played", listed, re.M), listed)
    start = time.time()
    told = inside("hie", "workflow", "run", STORY, "--json", "/run/played.json")
    check("it passes in a shell", "failed" not in told and "passed" in told, told[-600:])
    played = json.loads(inside("cat", "/run/played.json") or "{}")
    check("with every step passed", {s["verdict"] for s in played.get("steps", [])} == {"passed"}, told[-600:])
    told = inside("hie", "workflow", "run", STORY, "--tap", "--language", "fr")
    check("it speaks TAP, and French", told.startswith("TAP version 14") and "clinique" in told and "\nnot ok" not in told, told[-300:])
    print(f"# twice in a shell: {time.time() - start:.1f} s")


def in_turn():
    """Nobody's turn comes: four may wait behind the one whose turn it would be, and the page says so to the next."""
    many = [path for path in inside("sh", "-c", "ls /usr/share/hie/workflows").split() if path.endswith(".yaml")]
    many = [f"/workflows/{path[:-5]}" for path in many if path[:-5] != STORY][:5]
    inside("systemd-run", "--unit=hie-test-turn", "flock", "/run/hie/workflows/.turn", "sleep", "300")
    wait = until(lambda: inside("flock", "-n", "/run/hie/workflows/.turn", "echo", "free") == "")
    check("another has the turn", wait)
    answers = [ask(path, method="POST", form={}) for path in many]
    check("five may be asked for", [a.status for a in answers] == [303] * 5, [a.status for a in answers])
    check("each is shown as playing", all('http-equiv="refresh"' in ask(path).body for path in many))
    answer = ask(PAGE, method="POST", form={}, headers={"Accept-Language": "en"})
    check("the sixth is refused, and why", answer.status == 200 and "5 other workflows are waiting" in answer.text, answer.text[:300])
    inside("systemctl", "stop", "hie-test-turn.service")
    for path in many:
        check(f"{path} has its turn", until(lambda: 'http-equiv="refresh"' not in ask(path).body, 90))


def sandbox():
    found = re.search(r"hie-workflow@x.service:? ([\d.]+)", inside("systemd-analyze", "security", "--no-pager", "hie-workflow@x.service"))
    check("exposure of hie-workflow@", found and float(found.group(1)) <= 2.9, found)
    check("results are the page's to read alone", inside("stat", "-c", "%U %G %a", "/run/hie/workflows", RESULT).split() ==
          ["hie-workflow", "hie-page", "2750", "hie-workflow", "hie-page", "640"], inside("ls", "-la", "/run/hie/workflows"))
    check("what was handed over is gone", not inside("ls", "-A", "/run/hie-workflow").strip(), inside("ls", "-R", "/run/hie-workflow"))
    text = inside("cat", RESULT)
    passwords = [secret(name) for name in ("pos-clinic-a", "pos-clinic-b", "registry-steward", "openhim-root")]
    check("no password is in the result", text and not any(p in text for p in passwords))


def without_scripts():
    check("a foreign page cannot play", ask(PAGE, method="POST", form={}, headers={"Origin": "http://evil.example"}).status == 403)
    check("nor what is not there", ask("/workflows/../../etc/passwd", method="POST", form={}).status in (400, 404))
    before = events()["newest"]
    answer = ask(PAGE, method="POST", form={})
    check("Play leads back to the story", answer.status == 303 and answer.headers.get("location") == PAGE, answer.status)
    first = ask(PAGE)
    check("while it plays the page comes again by itself", 'http-equiv="refresh"' in first.body and "playing" in first.text, first.text[:300])
    played = ended()
    check("it passes on the page", played.get("verdict") == "passed", played)
    page = ask(PAGE, headers={"Accept-Language": "en"})
    check("each step with who, sent and came", page.text.count("What came back") >= len(played["steps"]) and
          "ITI-104" in page.text and 'http-equiv="refresh"' not in page.body, page.text[:600])
    link = re.search(r'href="(/map/message\?id=[0-9a-f]{24})"', page.body)
    if check("a step leads to its message", link, page.body[:300]):
        message = ask(link.group(1), headers={"Accept-Language": "en"})
        check("which says the same in words", message.status == 200 and "Clinic A registered" in message.text, message.text[:300])
    seen = events(before)["events"]
    check("its messages were on the map", {"client-registry", "shared-health-record"} <= {e["to"] for e in seen} and
          {"pos-clinic-a", "pos-clinic-b"} <= {e["from"] for e in seen}, seen[:3])


def in_a_browser():
    if not browser.program():
        print("ok - workflows in a browser # SKIP no chromium")
        return
    look("workflows", HTTP + "/workflows", themes=("light",))
    look("workflow passed", HTTP + PAGE, themes=("light", "dark"))
    window = browser.Browser()
    window.look(1024)
    window.go(HTTP + PAGE + "?language=en")
    check("Play is there to be seen", window.value("document.querySelector('main form button')?.offsetHeight >= 40"))
    window.value("document.querySelector('main form button').click()")
    check("Play with scripts: the steps come", wait_value(window, "document.querySelector('#play[data-playing=yes] .played > li') !== null", 10))
    window.picture(f"{PICTURES}/workflow-playing.png")
    check("and it ends by itself", wait_value(window, "document.querySelector('#play[data-playing=no] .lead .badge.ok') !== null", 60))
    check("Play is there again", wait_value(window, "document.querySelector('main form button') !== null", 5))
    bad = [c for c in window.complaints() if "status of 4" not in c]
    check("the browser has nothing to say of a play", not bad, bad)
    window.go(HTTP + "/map?language=en&presenter=1")
    window.look(1920)
    ask(PAGE, method="POST", form={})
    check("while it plays its messages travel", wait_value(window, "document.querySelector('.wide .moving .passed') !== null", 10))
    time.sleep(0.4)
    window.picture(f"{PICTURES}/map-playing.png")
    check("a line shines while a message is on it", wait_value(window, "document.querySelector('.wide .line.lit.passed') !== null", 10))
    ended()
    time.sleep(4)
    check("then nothing shines or moves", window.value("document.querySelector('.wide .lit, .wide .moving g, .wide .reached') === null"))
    window.close()


def broken():
    inside("systemctl", "stop", "hapi-fhir.service")
    window = browser.Browser() if browser.program() else None
    if window:
        window.look(1920)
        window.go(HTTP + "/map?language=en&presenter=1")
    ask(PAGE, method="POST", form={})
    if window:
        check("the map shows where it broke", wait_value(window, "document.querySelector('.wide .moving .failed') !== null && "
              "document.querySelector('.wide [data-box=client-registry].hurt, .wide [data-box=client-registry].failed') !== null", 20))
        window.picture(f"{PICTURES}/map-playing-broken.png")
        window.close()
    played = ended()
    steps = [s["verdict"] for s in played.get("steps", [])]
    check("without the registry it fails at its first step, and the rest is not played", played.get("verdict") == "failed" and
          steps[0] == "failed" and set(steps[1:]) <= {"not-played", "skipped"}, steps)
    text = ask(PAGE, headers={"Accept-Language": "fr"}).text
    check("and says what was expected and what came, in French", "attendu" in text.lower(), text[:900])
    look("workflow failed", HTTP + PAGE, themes=("light",))
    inside("systemctl", "start", "hapi-fhir.service")
    inside("hie", "status", "--wait", "300")
    ask(PAGE, method="POST", form={})
    check("mended, it passes again", ended().get("verdict") == "passed", result().get("steps", [])[:1])


def production():
    """The same box told that it is production: nobody plays without a session, and then over https."""
    inside("sh", "-c", "sed 's/\"mode\": *\"training\"/\"mode\": \"production\"/' /usr/lib/hie/box.json >/run/box.json && "
           "chmod 644 /run/box.json && mount --bind /run/box.json /usr/lib/hie/box.json && systemctl restart hie-watch hie-page")
    inside("hie", "status", "--watched", "--wait", "60")
    began = result().get("began")
    answer = ask(PAGE, True, method="POST", form={})
    check("production: no play without a session", answer.status == 303 and answer.headers.get("location") == "/admin", answer.status)
    text = ask(PAGE, True, headers={"Accept-Language": "en"})
    check("production: nor is the last one shown", "What came back" not in text.text and "/map/message" not in text.body and
          result().get("began") == began)
    check("production: the map shows nobody's messages", ask("/map/events?after=0", True).status == 403 and
          ask("/map/message?event=1", True).status == 403)
    _, cookie, _ = log_in(inside("cat", "/var/lib/hie/secrets/admin").strip())
    mine = {"Cookie": cookie, "Accept-Language": "en"}
    token = re.search(r'name="csrf" value="([^"]+)"', ask(PAGE, True, headers=mine).body)
    if check("production: the administrator may", token):
        check("production: not without the token", ask(PAGE, True, "POST", {}, mine).status == 403)
        time.sleep(1.1)
        check("production: with it", ask(PAGE, True, "POST", {"csrf": token.group(1)}, mine).status == 303)
        played = ended()
        check("production: it plays over https", played.get("base", "").startswith("https:") and played.get("verdict") == "passed",
              (played.get("base"), played.get("verdict"), [s.get("failures") for s in played.get("steps", [])][:1]))
    inside("sh", "-c", "umount /usr/lib/hie/box.json && systemctl restart hie-watch hie-page")


def workflows():
    inside("hie", "status", "--wait", "300")
    inside("hie", "status", "--watched", "--wait", "60")
    if STORY not in inside("hie", "workflow", "list"):
        print(f"ok - workflows # SKIP {STORY} is not in this image")
        return
    in_a_shell()
    without_scripts()
    in_turn()
    sandbox()
    in_a_browser()
    broken()
    production()
    check("https shows them, too", ask("/workflows", True).status == 200 and HTTPS)


if __name__ == "__main__":
    page_check.run({"workflows": workflows})
