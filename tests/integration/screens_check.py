"""screens_check.py LEADER|mock [PART…]: the point-of-service screens in headless Chromium, as a nurse uses them: the same person at two
clinics from start to end, in both languages, on a phone and on a projector; then days on which things break. LEADER is the
booted box's first process (this runs in its network); mock: against tests/support/mock_exchange.py, without a box.
Prints TAP lines and END. Pictures go to build/check/pictures."""
import json
import os
import random
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import accessible  # noqa: E402
import browser  # noqa: E402
from box import check, inside  # noqa: E402

WHAT = sys.argv[1]
MOCK = WHAT == "mock"
PICTURES = "build/check/pictures"
FOLDER = "overlays/point-of-service-demo/usr/share/hie/point-of-service"
KIND = "mock" if MOCK else "box"
BASE = "http://127.0.0.1"
WAIT = 15
speeds = []
TEXT = json.loads(subprocess.run(["node", "--experimental-default-type=module", "--input-type=module", "-e",
                                  f"import {{ TEXT }} from '{os.getcwd()}/{FOLDER}/text.js'; console.log(JSON.stringify(TEXT))"],
                                 capture_output=True, text=True, check=True).stdout)
CASES = [("en", 360, "Zuri", "Kipchumba"), ("en", 1024, "Naledi", "Motsumi"), ("fr", 360, "Aïssata", "Ouédraogo"), ("fr", 1024, "Soraya", "Benchekroun")]
NEW = random.Random()  # people whom the registry does not know from an earlier run
PLACES = {"a": ("Mlimani Clinic", "Clinique Mlimani"), "b": ("Riverside Clinic", "Clinique Riverside"), "h": ("Kando District Hospital",
          "Hôpital de district de Kando")}


class Screens:
    def __init__(self, language, width, dark=False):
        self.language, self.width = language, width
        self.measured = ""
        self.window = browser.Browser()
        self.window.look(width, dark=dark)
        self.window.go(f"{BASE}/point-of-service/?language={language}")

    def t(self, key, *values):
        text = TEXT[self.language][key]
        for i, value in enumerate(values, 1):
            text = text.replace("{%d}" % i, value)
        return text

    def text(self):
        return self.window.value("document.body.innerText")

    def until(self, expression):
        end = time.time() + WAIT
        while time.time() < end:
            if self.window.value(f"Boolean({expression})"):
                self.measure()
                return True
            time.sleep(0.03)
        return False

    def shows(self, words):
        return self.until(f"document.body.innerText.includes({json.dumps(words)})")

    def heading(self, words):
        return self.until(f"document.querySelector('h1')?.textContent.includes({json.dumps(words)})")

    def said(self, words):
        return self.until(f"document.getElementById('message').textContent.includes({json.dumps(words)})")

    def press(self, words, measured=""):
        there = "[...document.querySelectorAll('button, a.button'), ...document.querySelectorAll('nav a, a.who')]"
        found = f"({there}.find((e) => e.textContent.trim() === {json.dumps(words)}) ?? {there}.find((e) => e.textContent.includes({json.dumps(words)})))"
        if not check_quiet(self.until(found), f"{self.language}, {self.width}: there is “{words}”", self.text()):
            return
        self.window.value("performance.clearMeasures('hie-answer')")
        self.window.value(f"{found}.click()")
        self.measured = measured

    def measure(self):
        """What the page itself measured, from the click to the answer that was just waited for."""
        if not self.measured:
            return
        what, self.measured = self.measured, ""
        time.sleep(0.1)
        took = self.window.value("performance.getEntriesByName('hie-answer').at(-1)?.duration")
        if took is not None:
            speeds.append((what, took))

    def fill(self, **values):
        for name, value in values.items():
            field = f"document.querySelector('[name={json.dumps(name.replace('_', '-'))}]')"
            check_quiet(self.until(field), f"there is a field {name}", self.text())
            if value.startswith("#"):
                self.window.value(f"{field}.selectedIndex = {value[1:]}")
            else:
                self.window.value(f"{field}.value = {json.dumps(value)}")
            self.window.value(f"{field}.dispatchEvent(new Event('input', {{ bubbles: true }}))")

    def visit(self, path):
        self.window.value(f"location.hash = '#/{path}'")

    def fill_find(self, words):
        self.visit("find")
        self.heading(self.t("nav-find"))
        self.fill(name=words)
        self.press(self.t("find"))

    def person(self):
        return self.window.value("location.hash.split('/')[2] ?? ''")

    def enter(self, place):
        name = PLACES[place][self.language == "fr"]
        self.window.go(f"{BASE}/point-of-service/?language={self.language}")
        self.window.value("sessionStorage.clear(); location.hash = ''")
        self.window.go(f"{BASE}/point-of-service/?language={self.language}")
        self.press(name)
        return self.heading(self.t("nav-find"))

    def look(self, name):
        case = f"{name}, {self.language}, {self.width}"
        wide = self.window.value("document.documentElement.scrollWidth")
        check(f"{case}: fits", wide <= self.width, f"{wide} pixels wide")
        small = self.window.value("[...document.querySelectorAll('button,.button,nav a,input,select')].filter((e) => e.offsetHeight && "
                                  "e.offsetHeight < 24).length")
        check(f"{case}: nothing too small to touch", small == 0, small)
        found = accessible.problems("<!DOCTYPE html>" + self.window.value("document.documentElement.outerHTML"))
        found = [one for one in found if not one.startswith("link #/")]  # these are views
        check(f"{case}: accessible", not found, found)
        self.window.picture(f"{PICTURES}/screens-{KIND}-{name.replace(' ', '-')}-{self.language}-{self.width}.png")

    def quiet(self, name):
        bad = [c for c in self.window.complaints() if "status of" not in c]
        check(f"{name}, {self.language}, {self.width}: the browser has nothing to say", not bad, bad)
        outside = [r for r in self.window.requests() if not r.startswith((BASE + "/", "data:"))]
        check(f"{name}, {self.language}, {self.width}: no request to the outside", not outside, outside)


def check_quiet(good, name, detail):
    return good or check(name, False, detail)


def somebody(family):
    """A family name and a birth date that nobody else has."""
    more = "".join(NEW.choice("bdfgklmnprstvz") + NEW.choice("aeiou") for _ in range(3)).capitalize()
    return f"{more} {family}".strip(), (str(NEW.randint(1, 28)), str(NEW.randint(1, 12)), str(NEW.randint(1930, 2005)))


def register(screens, given, family, born):
    screens.visit("register")
    screens.heading(screens.t("nav-register"))
    screens.fill(given=given, family=family, birth_day=born[0], birth_month=born[1], birth_year=born[2], gender="female")


def at_clinic_a(screens, case, given, family, born):
    check(f"{case}: Clinic A", screens.enter("a"), screens.text())
    screens.look("find")
    register(screens, given, family, born)
    screens.look("register")
    screens.press(screens.t("register"), "register")
    check(f"{case}: registered", screens.said(screens.t("registered")), screens.text())
    first = screens.person()
    screens.look("person")
    screens.visit(f"visit/{first}")
    screens.heading(screens.t("do-visit"))
    screens.fill(temperature="38,4", weight="61", systolic="128", diastolic="84", diagnosis="#1", allergy="#1")
    screens.look("visit")
    screens.press(screens.t("visit-save"), "visit")
    check(f"{case}: the visit is saved", screens.said(screens.t("visit-saved")), screens.text())
    screens.visit(f"vaccinate/{first}")
    screens.heading(screens.t("do-vaccinate"))
    screens.fill(vaccine="#1", dose="1")
    screens.press(screens.t("vaccination-save"), "vaccinate")
    check(f"{case}: the vaccination is saved", screens.said(screens.t("vaccination-saved")), screens.text())
    screens.visit(f"order/{first}")
    screens.heading(screens.t("do-order"))
    screens.fill(test="#1")
    screens.press(screens.t("order-send"), "order")
    check(f"{case}: the order is sent", screens.said(screens.t("order-sent")), screens.text())
    return first


def same_person(language, width, given, family):
    family, born = somebody(family)
    screens, case = Screens(language, width), f"two clinics, {language}, {width}"
    screens.heading(screens.t("start-title"))
    screens.look("start")
    first = at_clinic_a(screens, case, given, family, born)
    check(f"{case}: Clinic B", screens.enter("b"), screens.text())
    register(screens, given, family, born)
    screens.press(screens.t("register"), "register, with a warning")
    check(f"{case}: the second clinic is warned", screens.shows(screens.t("maybe-title")), screens.text())
    screens.look("warning")
    screens.press(screens.t("maybe-same"), "register here too")
    check(f"{case}: a person decides", screens.said(screens.t("registered")), screens.text())
    second = screens.person()
    check(f"{case}: two records, one person", second != first and screens.shows(screens.t("grade-same")), screens.text())
    check(f"{case}: the hospital", screens.enter("h"), screens.text())
    screens.fill(name=family)
    screens.press(screens.t("find"), "find")
    check(f"{case}: it finds both", screens.until("document.querySelectorAll('a.who').length >= 2"), screens.text())
    screens.look("found")
    for _ in range(6):  # the registry links two records a moment after they came
        screens.visit(f"summary/{second}")
        screens.until("document.querySelector('#read + div ul')")
        if screens.window.value("Boolean(document.querySelector('.allergies'))"):
            break
        screens.visit("find")
        time.sleep(1)
    screens.visit(f"person/{second}")
    check(f"{case}: the allergy that Clinic A wrote is loud at Clinic B's record", screens.until("document.querySelector('.allergies')")
          and PLACES["a"][language == "fr"] in screens.window.value("document.querySelector('.allergies').innerText"), screens.text())
    screens.look("summary")
    screens.press(screens.t("tab-orders"), "orders")
    screens.until("document.querySelector('a.who')")
    screens.look("orders")
    task = screens.window.value(f"[...document.querySelectorAll('li.result')].find((e) => e.textContent.includes({json.dumps(family)}))"
                                "?.querySelector('a').hash.split('/')[2] ?? ''")
    screens.visit(f"answer/{task}")
    screens.heading(screens.t("do-answer"))
    screens.fill(result="11,2", unit="g/dL")
    screens.look("answer")
    screens.press(screens.t("answer-send"), "answer")
    check(f"{case}: the answer is sent", screens.said(screens.t("answer-sent")), screens.text())
    screens.enter("a")
    screens.visit(f"person/{first}")
    check(f"{case}: Clinic A sees it", screens.shows("11,2 g/dL" if language == "fr" else "11.2 g/dL"), screens.text())
    screens.window.value("document.querySelector('#sent details').open = true")
    screens.look("answered")
    screens.quiet(case)
    screens.window.close()


def mood(what):
    subprocess.run(["curl", "-s", "-o", os.devnull, "-d", json.dumps(what), f"{BASE}/mock/mood"], check=True)


def fault(on):
    """The exchange is gone, or back."""
    if MOCK:
        mood({"status": 504} if on else {})
    else:
        inside("systemctl", "stop" if on else "start", "openhim.service")
        time.sleep(0 if on else 8)


def bad_day():
    screens = Screens("en", 360)
    screens.enter("a")
    family, born = somebody("Mutombo")
    register(screens, "Bahati", family, born)
    fault(True)
    started = time.time()
    screens.press(screens.t("register"))
    check("a dead exchange is said within ten seconds", screens.said(screens.t("problem-silent")) and time.time() - started < 11, screens.text())
    check("and what was typed waits, visibly", screens.shows(screens.t("waiting-one")), screens.text())
    screens.look("waiting band")
    screens.fill_find(family)
    check("looking says so, too", screens.said(screens.t("problem-silent")), screens.text())
    screens.visit("waiting")
    screens.heading(screens.t("waiting-title"))
    screens.look("waiting")
    fault(False)
    check("it is sent again by itself", screens.until("document.getElementById('waiting').textContent === ''"), screens.text())
    screens.fill_find(family)
    check("and is there once", screens.shows(screens.t("found-one")), screens.text())
    screens.window.value("document.querySelector('a.who').focus()")
    screens.window.call("Input.dispatchKeyEvent", type="keyDown", key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r")
    check("the keyboard opens the person, and the heading has the focus", screens.heading(family) and
          screens.until("document.activeElement.tagName === 'H1'"), screens.text())
    screens.window.close()


def asked(screens, path, method="GET", body=None):
    """What the exchange answers the place that is logged in."""
    return screens.window.value(f"""(async () => {{
        const login = JSON.parse(sessionStorage.getItem('hie-pos-session'));
        const answer = await fetch('/exchange' + {json.dumps(path)}, {{ method: {json.dumps(method)}, body: {json.dumps(json.dumps(body))} === 'null'
            ? undefined : {json.dumps(json.dumps(body))}, headers: {{ Authorization: 'Basic ' + btoa(Array.from(new TextEncoder().encode(
            login.user + ':' + login.password), (byte) => String.fromCharCode(byte)).join('')), 'Content-Type': 'application/fhir+json' }} }});
        return answer.json();
    }})()""")


def registries(running):
    """What stands behind the exchange is gone, or back."""
    if MOCK:
        mood({} if running else {"status": 500})
    else:
        inside("systemctl", "start" if running else "stop", "hapi-fhir.service")


def middle_of_a_visit():
    """The shared health record stops while a nurse writes down a visit: nothing is lost, nothing is written twice."""
    screens, (family, born) = Screens("fr", 360), somebody("Hassan")
    screens.enter("b")
    register(screens, "Amal", family, born)
    screens.press(screens.t("register"))
    screens.said(screens.t("registered"))
    who = screens.person()
    time.sleep(2)  # by now the registry has linked it
    own = asked(screens, f"/CR/fhir/Patient/{who}")
    path = "/CR/fhir/Patient?identifier=urn:hiebox:clinic-b%7C" + own["identifier"][0]["value"]
    again = asked(screens, path, "PUT", {key: value for key, value in own.items() if key not in ("id", "meta")})
    found = [one["resource"]["id"] for one in asked(screens, path).get("entry", []) if "GOLDEN" not in json.dumps(one["resource"].get("meta", {}))]
    check("a registration that is repeated makes no second record", again.get("id") == who and found == [who], f"{again}, {found}")
    screens.visit(f"visit/{who}")
    screens.heading(screens.t("do-visit"))
    screens.fill(temperature="36,9", systolic="120", diastolic="80", note="Contrôle")
    registries(False)
    started = time.time()
    screens.press(screens.t("visit-save"))
    check("a dead record is said within eleven seconds", screens.said(screens.t("kept-waiting")) and time.time() - started < 11, screens.text())
    screens.look("middle of a visit")
    screens.visit("waiting")
    screens.press(screens.t("waiting-again"))
    check("sent too early, it is kept", screens.until("document.querySelector('#message .refused, #message .waits')")
          and screens.shows(screens.t("waiting-one")), screens.text())
    registries(True)
    if not MOCK:
        inside("hie", "status", "--wait", "120")
    screens.visit("waiting")
    end = time.time() + 60
    while time.time() < end and screens.window.value("document.getElementById('waiting').textContent !== ''"):
        screens.window.value(f"[...document.querySelectorAll('button')].find((e) => e.textContent === {json.dumps(screens.t('waiting-again'))})?.click()")
        time.sleep(2)
    check("then it is sent", screens.window.value("document.getElementById('waiting').textContent === ''"), screens.text())
    counts = [asked(screens, f"/SHR/fhir/{kind}?patient=Patient/{who}&_summary=count").get("total") for kind in ("Encounter", "Observation")]
    check("and written once", counts == [1, 2], counts)
    screens.visit(f"person/{who}")
    check("and there to read", screens.heading(family), screens.text())
    screens.window.close()


def steward():
    """Whom the registry is not sure about: a person compares and decides."""
    if MOCK:
        for i, given in (("g1", "Mohamed"), ("s1", "Muhammad")):
            subprocess.run(["curl", "-s", "-o", os.devnull, "-d", json.dumps({"resourceType": "Patient", "id": i, "birthDate": "1975-03-04", "identifier": [
                {"system": "urn:hiebox:clinic-b", "value": i}], "name": [{"family": "Hassan", "given": [given]}]}), f"{BASE}/mock/put"], check=True)
        subprocess.run(["curl", "-s", "-o", os.devnull, "-d", '["g1", "s1"]', f"{BASE}/mock/link"], check=True)
    for language, width in (("en", 360), ("fr", 1024)):
        screens, shown = Screens(language, width), "document.querySelectorAll('table.compare').length"
        screens.enter("h")
        screens.visit("matches")
        if language == "en" or not MOCK:
            check(f"{language}: there is a question of the registry", screens.until(shown), screens.text())
        before = screens.window.value(shown)
        screens.look("matches")
        if before:
            screens.press(screens.t("different-people" if language == "en" else "same-person"))
            screens.press(screens.t("yes"), "decide")
            check(f"{language}: it is decided", screens.shows(screens.t("decided-different" if language == "en" else "decided-same")), screens.text())
            screens.look("decided")
            screens.visit("find")
            screens.heading(screens.t("nav-find"))
            screens.visit("matches")
            check(f"{language}: and asked no more", screens.until(f"document.querySelector('#view [role=status]').textContent !== {json.dumps(screens.t('looking'))}")
                  and screens.window.value(shown) == before - 1, screens.text())
        screens.quiet("matches")
        screens.window.close()


def hung():
    """The exchange takes what is sent and does not answer."""
    screens = Screens("en", 1024)
    screens.enter("a")
    screens.fill_find("Kipchumba")
    screens.until("document.querySelector('.more').isConnected")
    leader = "" if MOCK else inside("systemctl", "show", "-P", "MainPID", "openhim.service").strip()
    if MOCK:
        mood({"wait": 12})
    else:
        inside("kill", "-STOP", leader)
    started = time.time()
    screens.press(screens.t("find"))
    there = "document.getElementById('message').textContent"  # the browser gives up, or nginx just before it
    check("an exchange that hangs is said after ten seconds", screens.until(f"[{json.dumps(screens.t('problem-slow'))}, "
          f"{json.dumps(screens.t('problem-silent'))}].includes({there})") and time.time() - started < 12, screens.text())
    screens.look("hung")
    if MOCK:
        mood({})
    else:
        inside("kill", "-CONT", leader)
        inside("hie", "status", "--wait", "120")
    screens.press(screens.t("find"))
    check("and afterwards it works as before", screens.until("document.getElementById('message').textContent === ''"), screens.text())
    screens.window.close()


def two_hundred():
    """Two hundred people of one name: a page at a time, and a way to fewer."""
    screens, family = Screens("en", 360), somebody("Otieno")[0]
    screens.enter("a")
    screens.window.value(f"""(async () => {{
        const login = JSON.parse(sessionStorage.getItem('hie-pos-session')), headers = {{ 'Content-Type': 'application/fhir+json',
            Authorization: 'Basic ' + btoa(String.fromCharCode(...new TextEncoder().encode(login.user + ':' + login.password))) }};
        const two = (value) => String(value).padStart(2, '0');
        const put = (i) => fetch('/exchange/CR/fhir/Patient?identifier=urn:hiebox:clinic-a%7C{family.replace(" ", "-")}-' + i, {{ method: 'PUT', headers,
            body: JSON.stringify({{ resourceType: 'Patient', meta: {{ source: 'urn:hiebox:clinic-a' }}, identifier: [{{ system: 'urn:hiebox:clinic-a',
                value: '{family.replace(" ", "-")}-' + i }}], birthDate: `${{1920 + (i >> 2)}}-${{two(1 + i % 12)}}-${{two(1 + i % 28)}}`,
                name: [{{ family: '{family}', given: ['Person' + i] }}] }}) }});
        for (let i = 0; i < 200; i += 4)
            await Promise.all([0, 1, 2, 3].map((more) => put(i + more)));
    }})()""")
    screens.fill_find(family)
    check("two hundred: the first page says that there are more", screens.until("document.querySelector('.more button')"), screens.text())
    screens.look("two hundred")
    pages = 1
    while pages < 40 and screens.window.value("Boolean(document.querySelector('.more button'))"):
        screens.press(screens.t("show-more"))
        screens.until(f"document.querySelector('#view [role=status]').textContent !== {json.dumps(screens.t('looking'))}")
        pages += 1
    shown = screens.window.value("document.querySelectorAll('a.who').length")
    check("two hundred: all of them, each once", shown == 200 and screens.window.value(
        "new Set([...document.querySelectorAll('a.who')].map((e) => e.href)).size") == 200, f"{shown} in {pages} pages")
    screens.fill(name=f"{family} Person117")
    screens.press(screens.t("find"), "find")
    check("two hundred: a second name leaves one", screens.shows(screens.t("found-one")), screens.text())
    screens.window.close()


def script_in_a_name():
    """On every screen on which a name stands."""
    screens, family = Screens("fr", 360, dark=True), "<script>alert(1)</script>"
    screens.enter("b")
    register(screens, "<img src=x onerror=alert(1)>", family, somebody("")[1])
    screens.press(screens.t("register"))
    screens.until("document.querySelector('#message .done, .warning')")
    if screens.window.value("Boolean(document.querySelector('.warning'))"):
        screens.press(screens.t("maybe-anyway"))
    check("script in a name stays text", screens.heading(family), screens.text())
    who = screens.person()
    screens.look("script dark")
    screens.visit(f"order/{who}")
    screens.heading(screens.t("do-order"))
    screens.fill(test="#1")
    screens.press(screens.t("order-send"))
    screens.said(screens.t("order-sent"))
    views = [f"person/{who}", f"visit/{who}", f"vaccinate/{who}", f"order/{who}", f"summary/{who}"]
    for place, paths in (("b", views), ("h", [f"person/{who}", "orders", "matches"])):
        screens.enter(place)
        for path in paths:
            screens.visit(path)
            shown = screens.until(f"document.getElementById('view').innerText.includes({json.dumps(family)})") if path != "matches" else True
            made = screens.window.value("document.querySelectorAll('#view script, #view img, #sent script, #sent img, #bar script').length")
            check(f"script in a name stays text on {path.split('/')[0]} at {place}", shown and made == 0, screens.text())
    screens.fill_find(family)
    screens.quiet("script in a name")
    screens.window.close()


def long_names():
    """Names that are long, from right to left, single, or missing; a birth date of a year; as they come, on a phone."""
    screens = Screens("en", 360)
    screens.enter("a")
    for given, family, born in (("", "Rakotomalala" * 12, ("", "", "1950")), ("محمد", "بن عبد الله", ("1", "2", "1960")), ("Suharto", "", ("", "", ""))):
        register(screens, given, family, born)
        screens.press(screens.t("register"))
        screens.until("document.querySelector('#message .done, .warning')")
        if screens.window.value("Boolean(document.querySelector('.warning'))"):
            screens.press(screens.t("maybe-anyway"))
        check(f"registered: {given or family[:20]}", screens.heading(given or family), screens.text())
        screens.look(f"name {len(given)} {len(family)}")
    screens.window.close()


def speed():
    times = sorted(took for _, took in speeds)
    for what in sorted({what for what, _ in speeds}):
        mine = sorted(took for name, took in speeds if name == what)
        print(f"# {what}: {', '.join(f'{took:.0f}' for took in mine)} ms")
    if sys.argv[2:] and not times:
        return
    if check("the screens measured their clicks", len(times) > 10, times):
        median, most = times[len(times) // 2], times[int(len(times) * 0.9)]
        print(f"# a click to its answer: median {median:.0f} ms, 90 of 100 within {most:.0f} ms, of {len(times)}")


def two_clinics():
    for case in CASES:
        same_person(*case)


PARTS = (two_clinics, script_in_a_name, long_names, bad_day, steward, middle_of_a_visit, hung, two_hundred, speed)


def main():
    global BASE
    os.makedirs(PICTURES, exist_ok=True)
    if not browser.program():
        print("ok - the screens # SKIP no chromium\nEND")
        return
    mock = None
    if MOCK:
        mock = subprocess.Popen([sys.executable, "tests/support/mock_exchange.py", FOLDER], stdout=subprocess.PIPE, text=True)
        BASE = mock.stdout.readline().strip()
    else:
        inside("hie", "status", "--wait", "300")
    try:
        for part in PARTS:
            if not sys.argv[2:] or part.__name__ in sys.argv[2:]:
                part()
    finally:
        if mock:
            mock.kill()
    print("END")


main()
