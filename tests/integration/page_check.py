"""page_check.py LEADER WHAT: the box's page as people, developers and attackers meet it; LEADER is the box's first
process, and this runs in its network. Prints TAP lines and END. Pictures go to build/check/pictures.
  demo     everything, on a box that has just come up
  backups  a backup and a restore alone, on a box with a card (part of demo)
  rescue   a box in rescue mode"""
import html
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import accessible  # noqa: E402
import browser  # noqa: E402
from box import LEADER, check, inside  # noqa: E402

WHAT = sys.argv[2]
PICTURES = "build/check/pictures"
STYLE = "overlays/reverse-proxy-nginx/usr/share/hie/page/style.css"
HTTP, HTTPS = "http://127.0.0.1", "https://127.0.0.1"
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src "
                               "'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff", "referrer-policy": "same-origin", "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin"}


class Answer:
    def __init__(self, raw):
        head, _, self.body = raw.decode("utf-8", "replace").partition("\r\n\r\n")
        lines = head.split("\r\n")
        self.status = int(lines[0].split()[1]) if lines[0].startswith("HTTP/") else 0
        pairs = [line.partition(": ")[::2] for line in lines[1:]]
        self.all = [(name.lower(), value) for name, value in pairs]
        self.headers = dict(self.all)
        self.text = html.unescape(re.sub(r"<[^>]*>", " ", self.body))


def connect(secure):
    plain = socket.create_connection(("127.0.0.1", 443 if secure else 80), timeout=30)
    if not secure:
        return plain
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname="localhost")


def exchange(data, secure=False):
    link = connect(secure)
    raw = b""
    try:
        link.sendall(data)
        while part := link.recv(65536):
            raw += part
    except OSError:
        pass
    link.close()
    return Answer(raw)


def ask(path, secure=False, method="GET", form=None, headers=None, patient=True):
    fields = {"Host": "127.0.0.1", "Connection": "close", **(headers or {})}
    body = urllib.parse.urlencode(form).encode() if form is not None else b""
    if form is not None:
        fields = {"Origin": HTTPS if secure else HTTP, "Content-Type": "application/x-www-form-urlencoded",
                  "Content-Length": str(len(body)), **fields}
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items() if v is not None)
    for _ in range(20):
        answer = exchange(head.encode() + b"\r\n" + body, secure)
        if answer.status != 429 or not patient:
            return answer
        time.sleep(1)
    return answer


def log_in(password):
    answer = ask("/admin/login", True, "POST", {"password": password})
    cookie = answer.headers.get("set-cookie", "").split(";")[0]
    page = ask("/admin", True, headers={"Cookie": cookie})
    token = re.search(r'name="csrf" value="([^"]+)"', page.body)
    return answer, cookie, token.group(1) if token else ""


def look(name, address, languages=("en", "fr"), widths=(360, 1024), cookie=None, themes=("light", "dark")):
    """Overflow, complaints and accessibility at every width, in every language and theme; a picture of each."""
    if not browser.program():
        print(f"ok - {name} in a browser # SKIP no chromium")
        return
    window = browser.Browser()
    if cookie:
        key, _, value = cookie.partition("=")
        window.call("Network.setCookie", name=key, value=value, url=HTTPS, path="/", secure=True)
    for language in languages:
        for width in widths:
            for theme in themes:
                window.look(width, dark=theme == "dark")
                window.go(f"{address}{'&' if '?' in address else '?'}language={language}")
                case = f"{name}, {language}, {width}, {theme}"
                wide = window.value("document.documentElement.scrollWidth")
                check(f"{case}: fits", wide <= width, f"{wide} pixels wide")
                bad = [c for c in window.complaints() if "status of 4" not in c]
                check(f"{case}: the browser has nothing to say", not bad, bad)
                outside = [r for r in window.requests() if not r.startswith((HTTP + "/", HTTPS + "/", "data:"))]
                check(f"{case}: no request to the outside", not outside, outside)
                small = window.value("[...document.querySelectorAll('button,.button,nav a,input:not([type=radio])"
                                     ":not([type=hidden])')].filter(e => e.offsetHeight && e.offsetHeight < 24).length")
                check(f"{case}: nothing too small to touch", small == 0, small)
                window.picture(f"{PICTURES}/{name.replace(' ', '-')}-{language}-{width}-{theme}.png")
    window.close()


def accessible_pages(cookie):
    pages = [("/", False), ("/map", False), ("/connect", False), ("/admin", False), ("/nowhere", False), ("/admin", True), ("/connect", True)]
    private = ["/admin", "/admin/backup", "/admin/log?component=fhir-datastore-hapi-fhir", "/connect", "/admin/restore?file=x"]
    cases = [(path, secure, None) for path, secure in pages] + [(path, True, cookie) for path in private]
    for path, secure, login in cases:
        for language in ("en", "fr"):
            answer = ask(path, secure, headers={"Accept-Language": language, "Cookie": login})
            found = accessible.problems(answer.body)
            who = "logged in" if login else "https" if secure else "http"
            check(f"accessible: {path} ({who}, {language})", not found and f'<html lang="{language}">' in answer.body, found)
    found = accessible.contrast_problems(open(STYLE, encoding="utf-8").read())
    check("contrast in light and dark", not found, found)


def content():
    credentials = json.loads(inside("cat", "/var/lib/hie/credentials.json"))["credentials"]
    words = {"en": ("Everything runs.", "What to do next", "Who can log in", "Hospital (point of service)", "Good to know"),
             "fr": ("Tout fonctionne.", "Que faire maintenant", "Qui peut se connecter", "Hôpital (point de service)", "Bon à savoir")}
    for language, texts in words.items():
        answer = ask("/", headers={"Accept-Language": language})
        check(f"overview, {language}: every text is there", all(t in answer.text for t in texts), [t for t in texts if t not in answer.text])
        check(f"overview, {language}: every login", all(c["user"] in answer.text and c["password"] in answer.text for c in credentials))
        check(f"overview, {language}: six steps", answer.body.count("<li><h3>") == 6)
        check(f"overview, {language}: the way to the screens", 'href="/point-of-service/"' in answer.body)
        check(f"overview, {language}: does not refresh by itself", "http-equiv" not in answer.body)
    check("French has no English left", "Running" not in ask("/", headers={"Accept-Language": "fr"}).text)
    kept = ask("/?language=fr").headers.get("set-cookie", "")
    check("the choice of a language is kept", "<html lang=\"fr\">" in ask("/", headers={"Cookie": kept.split(";")[0]}).body, kept)
    # what a beginner is told to type works as it stands
    commands = [html.unescape(c) for c in re.findall(r"<pre[^>]*><code>(.*?)</code>", ask("/").body, re.S)]
    said = [subprocess.run(["sh", "-c", c], capture_output=True, text=True).stdout for c in commands]
    check("first step: the patient is registered", "Lovelace" in said[0], said[0])
    check("second step: the hospital reads it", "Lovelace" in said[1], said[1])
    check("third step: the observer is refused", " 401 " in said[2], said[2])
    address = re.search(r"curl -u [^<]*", html.unescape(ask("/connect").body)).group(0)
    reply = subprocess.run(["sh", "-c", address], capture_output=True, text=True).stdout
    check("the developer's first request works", '"resourceType"' in reply and "Bundle" in reply, reply)


def headers():
    for path, secure in (("/", False), ("/", True), ("/style.css", False), ("/page.js", False), ("/map.css", False), ("/map.js", False), ("/nowhere", False), ("/admin", True)):
        answer = ask(path, secure)
        bad = [name for name, value in HEADERS.items() if answer.headers.get(name) != value]
        double = [name for name in HEADERS if sum(n == name for n, _ in answer.all) > 1]
        check(f"headers of {path} ({'https' if secure else 'http'})", not bad and not double and
              "strict-transport-security" not in answer.headers, bad + double)
    answer = ask("/status.json")
    check("status.json is JSON and not kept", answer.headers.get("content-type") == "application/json" and
          answer.headers.get("cache-control") == "no-store" and json.loads(answer.body)["state"] == "ok", answer.body)
    check("pages are not kept", ask("/").headers.get("cache-control") == "no-store")
    check("HEAD has no body", ask("/", method="HEAD").body == "")


def administration(password):
    check("http: says why not", (a := ask("/admin")).status == 403 and "https://127.0.0.1/admin" in a.body, a.status)
    check("http: no login", ask("/admin/login", False, "POST", {"password": password}).status == 403)
    check("wrong password", (a := ask("/admin/login", True, "POST", {"password": "wrong"})).status == 403 and
          "set-cookie" not in a.headers, a.status)
    answer, cookie, token = log_in(password)
    check("login", answer.status == 303 and re.fullmatch(r"__Host-hie=\w{32,}; Path=/; Secure; HttpOnly; SameSite=Strict",
          answer.headers.get("set-cookie", "")), answer.headers)
    _, other, other_token = log_in(password)
    mine = {"Cookie": cookie}
    for name, form, more in (("without a token", {}, {}), ("with a wrong token", {"csrf": "x"}, {}),
                             ("with another session's token", {"csrf": other_token}, {}),
                             ("from another site", {"csrf": token}, {"Origin": "https://evil.example"}),
                             ("from nowhere", {"csrf": token}, {"Origin": None}),
                             ("without a session", {"csrf": token}, {"Cookie": None}),
                             ("with an invented session", {"csrf": token}, {"Cookie": "__Host-hie=" + "0" * 64}),
                             ("by a name that is not the box's", {"csrf": token}, {"Host": "evil.example", "Origin": "https://evil.example"})):
        answer = ask("/admin/restart", True, "POST", {"component": "fhir-datastore-hapi-fhir", **form}, {**mine, **more})
        check(f"refused {name}", answer.status == 403, answer.status)
    check("nothing was restarted", inside("systemctl", "show", "-P", "NRestarts", "hapi-fhir.service").strip() == "0")
    check("a GET changes nothing", ask(f"/admin/reset?name=hiebox&csrf={token}", True, headers=mine).status == 405)
    answer = ask("/admin/reset", True, "POST", {"csrf": token, "name": "wrong"}, mine)
    check("reset needs the box's name", "outcome refused" in answer.body and not inside("ls", "/run/hie/data").count("reset-requested"))
    answer = ask("/admin/log?component=fhir-datastore-hapi-fhir", True, headers=mine)
    check("a component's log", "hapi-fhir.service" in answer.text, answer.text)
    answer = ask("/admin/clock", True, "POST", {"csrf": token, "time": "1999-01-01 00:00"}, mine)
    check("no clock before the image", "outcome refused" in answer.body)
    ask("/admin/logout", True, "POST", {"csrf": other_token}, {"Cookie": other})
    check("logged out is out", "/admin/login" in ask("/admin", True, headers={"Cookie": other}).body)
    return cookie, token


def mediator(cookie, token):
    form = {"csrf": token, "name": "lab-bridge", "host": "127.0.0.1", "port": "3447", "path": "/lab-bridge"}
    mine = {"Cookie": cookie}
    check("script in a name stays text", "<script>" not in (a := ask("/connect", True, "POST", {**form, "name": "<script>"}, mine)).body
          and "outcome refused" in a.body)
    for key, value in (("host", "a b"), ("port", "0"), ("port", "99999"), ("path", "x"), ("path", "/../x"), ("path", "/fhir"), ("path", "/")):
        check(f"refused: {key} {value}", "outcome refused" in ask("/connect", True, "POST", {**form, key: value}, mine).body)
    answer = ask("/connect", True, "POST", form, mine)
    if not check("a channel and a client are made", "outcome done" in answer.body, answer.text):
        return
    password = re.search(r"password <code>([^<]+)", answer.body).group(1)
    code = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-u", f"lab-bridge:{password}",
                           "http://127.0.0.1:5001/lab-bridge/x"], capture_output=True, text=True).stdout
    check("the new client reaches its channel", code == "404", code)  # HAPI's own "not here": it was passed on
    code = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-u", "lab-bridge:wrong",
                           "http://127.0.0.1:5001/lab-bridge/x"], capture_output=True, text=True).stdout
    check("not with a wrong password", code == "401", code)
    check("not a second time", "outcome refused" in ask("/connect", True, "POST", form, mine).body)


def hostile():
    check("too long a body", ask("/admin/login", True, "POST", {"password": "x" * 20000}).status == 413)
    check("too long a target", ask("/" + "a" * 8000).status in (400, 414))
    check("too long a header", ask("/", headers={"X-Long": "a" * 20000}).status in (400, 431, 494))
    check("too many headers", ask("/", headers={f"X-{i}": "1" for i in range(200)}).status in (400, 431))
    for path in ("/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/..%2f..%2fetc", "/style.css/../../x",
                 "/\\admin", "/%00", "/down.html", "/index.html", "/.git/config"):
        answer = ask(path)
        check(f"path {path}", answer.status in (400, 404) and "root:" not in answer.body, answer.status)
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "XYZ"):
        check(f"method {method}", ask("/", method=method).status in (400, 405))
    check("nginx's own headers are not believed", "action=\"/admin/login\"" not in
          ask("/admin", headers={"X-Forwarded-Proto": "https", "X-Real-IP": "127.0.0.1"}).body)
    secret = inside("cat", "/var/lib/hie/secrets/pos-clinic-a").strip()
    check("nor as JSON", secret in ask("/credentials.json").body and (a := ask("/credentials.json", headers={"Host": "evil.example"})).status == 404
          and secret not in a.body)
    check("a foreign name sees no password", secret in ask("/").body and secret not in ask("/", headers={"Host": "evil.example"}).body)
    check("two lengths", exchange(b"POST /admin/login HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde").status == 400)
    check("no request at all", exchange(b"\x16\x03\x01\x00\xa5\x01\x00\x00").status in (0, 400))
    started = time.time()
    slow = [connect(False) for _ in range(90)]
    for link in slow:
        link.sendall(b"POST /admin/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\na")
    check("the page answers beside 90 slow visitors", inside("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "http://[::1]/") == "200")
    for link in slow:
        link.settimeout(40)
        try:
            while link.recv(4096):
                pass
        except OSError:
            pass
        link.close()
    check("slow visitors are cut off", time.time() - started < 25, time.time() - started)
    answer = next((a for a in (ask("/admin", patient=False) for _ in range(300)) if a.status == 429), None)
    check("too often at the administration", answer)
    check("and that is said in both languages", answer and "Wait a minute" in answer.body and "Attendez une minute" in answer.body)


def speed():
    link = socket.create_connection(("127.0.0.1", 80))
    link.close()
    times = []
    for _ in range(200):
        start = time.perf_counter()
        exchange(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        times.append((time.perf_counter() - start) * 1000)
    times.sort()
    print(f"# page: median {times[100]:.1f} ms, p99 {times[197]:.1f} ms, of 200")
    check("a page in 20 ms", times[100] < 20, times[100])
    total = 0
    for unit in ("hie-page.service", "hie-watch.service"):
        process = inside("systemctl", "show", "-P", "MainPID", unit).strip()
        pss = int(re.search(r"Pss:\s+(\d+)", inside("cat", f"/proc/{process}/smaps_rollup")).group(1))
        print(f"# {unit}: {pss} kB PSS")
        total += pss
    check("watcher and page in 15 MB", total < 15000, total)


def sandbox():
    exposure = re.search(r"hie-page.service:? ([\d.]+)", inside("systemd-analyze", "security", "--no-pager", "hie-page.service"))
    check("exposure of hie-page.service", exposure and float(exposure.group(1)) <= 2.5, exposure)
    check("its socket is nginx's", inside("stat", "-c", "%U %G %a", "/run/hie-page/page.socket").split() == ["www-data", "www-data", "660"])
    process = inside("systemctl", "show", "-P", "MainPID", "hie-page.service").strip()
    status = inside("cat", f"/proc/{process}/status")
    check("it has no capability", "CapEff:\t0000000000000000" in status)
    network = subprocess.run(["nsenter", "-t", LEADER, "-m", "-p", "nsenter", "-t", process, "-n", "cat", "/proc/net/dev"],
                             capture_output=True, text=True).stdout
    check("it has no network", network.count(":") <= 1, network)


def health(cookie, token):
    inside("systemctl", "stop", "hapi-fhir.service")
    end = time.time() + 30
    while time.time() < end and json.loads(ask("/status.json").body)["state"] not in ("degraded", "failed"):
        time.sleep(0.5)
    check("a stopped component is seen", "Dossier médical partagé" in (a := ask("/", headers={"Accept-Language": "fr"})).text and
          ("En panne" in a.text or "À surveiller" in a.text), a.text)
    look("degraded", HTTP + "/", themes=("light",))
    answer = ask("/admin/restart", True, "POST", {"csrf": token, "component": "fhir-datastore-hapi-fhir"}, {"Cookie": cookie})
    check("and restarted from the page", "outcome done" in answer.body, answer.text)
    end = time.time() + 240
    while time.time() < end and json.loads(ask("/status.json").body)["state"] != "ok":
        time.sleep(1)
    check("then everything runs", "Everything runs." in ask("/").text)


def patient(name, method="GET"):
    """The status of a patient through the exchange, as the hospital reads or writes it."""
    secret = inside("cat", "/var/lib/hie/secrets/hospital").strip()
    words = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-u", f"hospital:{secret}", "-X", method]
    if method == "PUT":
        words += ["-H", "Content-Type: application/fhir+json", "-d", json.dumps({"resourceType": "Patient", "id": name})]
    return subprocess.run([*words, f"http://127.0.0.1:5001/fhir/Patient/{name}"], capture_output=True, text=True).stdout


def job_ends(answer, cookie):
    """Follows a job's page to its end, as a browser would; its body."""
    where, end, page = answer.headers.get("location", ""), time.time() + 240, answer
    while where.startswith("/admin/job") and time.time() < end:
        page = ask(where, True, headers={"Cookie": cookie})
        if page.status != 200 or "<progress" not in page.body:
            break
        time.sleep(1)
    return page.body


def backups(password, cookie, token):
    mine, phrase = {"Cookie": cookie}, "correct horse battery"
    check("before: a patient", patient("kept", "PUT") in ("200", "201"))
    form = {"csrf": token, "target": "card", "new": phrase, "again": phrase}
    check("two different passphrases are refused", "outcome refused" in ask("/admin/backup", True, "POST", {**form, "again": "x"}, mine).body)
    body = job_ends(ask("/admin/backup", True, "POST", form, mine), cookie)
    if not check("a backup onto the card from the page", "outcome done" in body, html.unescape(body[-900:])):
        return
    end = time.time() + 90
    while time.time() < end and "none yet" in ask("/").text:
        time.sleep(1)
    check("the overview shows when", re.search(r"Last backup\s+20\d\d-", ask("/").text), ask("/").text)
    check("after: another patient", patient("newer", "PUT") in ("200", "201"))
    body = ask("/admin/backup", True, headers=mine).body
    name = re.search(r'name="file" value="([^"]+\.hiebackup)"', body)
    if not check("it is in the list", name, body[-900:]):
        return
    form = {"csrf": token, "target": "card", "file": name.group(1), "passphrase": "wrong horse", "name": "hiebox"}
    body = job_ends(ask("/admin/restore", True, "POST", form, mine), cookie)
    check("a wrong passphrase is told", "outcome refused" in body, body[-900:])
    check("and nothing was changed", patient("newer") == "200")
    check("restoring wants the box's name", "outcome refused" in ask("/admin/restore", True, "POST", {**form, "name": "x"}, mine).body)
    answer = ask("/admin/restore", True, "POST", {**form, "passphrase": phrase}, mine)
    check("the restore begins", answer.status == 303, answer.status)
    end = time.time() + 300
    while time.time() < end and patient("newer") != "404":
        time.sleep(2)
    inside("hie", "status", "--wait", "300")
    inside("hie", "status", "--watched", "--wait", "60")  # the watcher, whose word the page takes, has seen it too
    check("restored from the page: what was in the backup is there", patient("kept") == "200")
    check("and what came later is not", patient("newer") == "404")
    _, cookie, _ = log_in(password)
    check("the administrator's password is as it was", "/admin/backup" in ask("/admin", True, headers={"Cookie": cookie}).body)


def backups_alone():
    password = inside("cat", "/var/lib/hie/secrets/admin").strip()
    inside("hie", "status", "--wait", "300")
    inside("hie", "status", "--watched", "--wait", "60")  # the watcher, whose word the page takes, has seen it too
    _, cookie, token = log_in(password)
    backups(password, cookie, token)


def scripts():
    if not browser.program():
        print("ok - what page.js does # SKIP no chromium")
        return
    window = browser.Browser()
    window.look(1024)
    window.go(HTTP + "/")
    before = window.value("document.querySelector('.when').textContent")
    time.sleep(7)
    check("the state renews itself", window.value("document.querySelector('.when').textContent") != before)
    window.call("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
    check("the first key leads to the skip link", window.value("document.activeElement.className") == "skip" and
          window.value("getComputedStyle(document.activeElement).outlineStyle") == "solid")
    window.look(360, script=False)
    window.go(HTTP + "/")
    shown = window.call("Runtime.evaluate", expression="document.querySelector('main').innerText", returnByValue=True)
    check("it reads without scripts", "Everything runs." in str(shown))
    window.close()


def down():
    inside("systemctl", "stop", "hie-page.socket", "hie-page.service")
    answer = ask("/")
    check("without its program the page says so in both languages", answer.status in (502, 503) and
          "not there yet" in answer.body and "pas encore là" in answer.body, answer.status)
    inside("systemctl", "start", "hie-page.socket")
    check("and it comes back", ask("/").status == 200)


def demo():
    password = inside("cat", "/var/lib/hie/secrets/admin").strip()
    first = ask("/", headers={"Accept-Language": "fr"})
    check("the page is there while the box starts", first.status == 200)
    look("starting", HTTP + "/", themes=("light",))
    inside("hie", "status", "--wait", "300")
    inside("hie", "status", "--watched", "--wait", "60")  # the watcher, whose word the page takes, has seen it too
    headers()
    content()
    look("overview", HTTP + "/")
    scripts()
    look("connect", HTTP + "/connect", themes=("light",))
    look("admin http", HTTP + "/admin", themes=("light",))
    look("login", HTTPS + "/admin", themes=("light",))
    cookie, token = administration(password)
    accessible_pages(cookie)
    look("admin", HTTPS + "/admin", cookie=cookie, themes=("light", "dark"))
    look("backup", HTTPS + "/admin/backup", cookie=cookie, themes=("light",))
    look("connect logged in", HTTPS + "/connect", cookie=cookie, themes=("light",))
    mediator(cookie, token)
    speed()
    sandbox()
    health(cookie, token)
    backups(password, cookie, token)
    down()
    hostile()


def rescue():
    for language, words in (("en", ("rescue mode", "nothing is being stored")), ("fr", ("mode de secours", "rien n’est enregistré"))):
        answer = ask("/", headers={"Accept-Language": language})
        check(f"rescue, {language}: says so", answer.status == 200 and all(w in answer.text for w in words), answer.text)
        check(f"rescue, {language}: accessible", not (found := accessible.problems(answer.body)), found)
    check("rescue: the reason", "Rescue was asked for" in ask("/").text, ask("/").text)
    french = ask("/", headers={"Accept-Language": "fr"}).text
    check("rescue: the reason in French", "Le mode de secours a été demandé" in french, french)
    look("rescue", HTTP + "/", themes=("light",))
    inside("systemctl", "stop", "hie-page.socket", "hie-page.service")
    answer = ask("/")
    check("rescue: even without its program the page names the reason", "Rescue was asked for" in answer.body and "mode de secours" in answer.body)


def wait_for_page(seconds):
    """The console asks for a login before nginx is there."""
    end = time.time() + seconds
    while time.time() < end:
        try:
            connect(False).close()
            return
        except OSError:
            time.sleep(0.3)


def run(parts):
    os.makedirs(PICTURES, exist_ok=True)
    wait_for_page(120)
    parts[WHAT]()
    print("END")


if __name__ == "__main__":
    run({"demo": demo, "backups": backups_alone, "rescue": rescue})
