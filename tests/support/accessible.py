"""accessible: what a page must have so that everybody can use it (WCAG 2.2 AA, as far as HTML and colours tell).

problems(html) lists what is wrong with a page; contrast_problems(css) what is wrong with the pairs of colours of
style.css in both its themes. Nothing is asked from outside."""
import re
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "hr", "img"}
# foreground, background, least ratio (1.4.3 text: 4.5; 1.4.11 edges of controls, focus and shapes: 3)
PAIRS = [("ink", "ground", 4.5), ("ink", "surface", 4.5), ("ink", "code", 4.5), ("quiet", "ground", 4.5),
         ("quiet", "surface", 4.5), ("accent", "ground", 4.5), ("accent", "surface", 4.5), ("on-accent", "accent", 4.5),
         ("ok", "ok-ground", 4.5), ("starting", "starting-ground", 4.5), ("degraded", "degraded-ground", 4.5),
         ("failed", "failed-ground", 4.5), ("quiet", "surface", 3)]


class Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.found, self.stack, self.elements = [], [], []

    def handle_starttag(self, tag, attributes):
        element = {"tag": tag, "text": "", "in": [e["tag"] for e in self.stack], **dict(attributes)}
        self.elements.append(element)
        if tag not in VOID:
            self.stack.append(element)

    def handle_endtag(self, tag):
        if not self.stack or self.stack[-1]["tag"] != tag:
            self.found.append(f"</{tag}> closes nothing")
            return
        self.stack.pop()

    def handle_data(self, data):
        for element in self.stack:
            element["text"] += data

    def all(self, *tags):
        return [e for e in self.elements if e["tag"] in tags]


def headings(page, found):
    levels = [int(e["tag"][1]) for e in page.all("h1", "h2", "h3", "h4")]
    if levels.count(1) != 1:
        found.append(f"{levels.count(1)} h1")
    for before, after in zip(levels, levels[1:]):
        if after > before + 1:
            found.append(f"h{after} follows h{before}")
    found += [f"empty {e['tag']}" for e in page.all("h1", "h2", "h3") if not e["text"].strip()]


def names(page, found):
    labels = {e.get("for") for e in page.all("label") if e["text"].strip()}
    for e in page.all("input", "select", "textarea"):
        if e.get("type") != "hidden" and e.get("id") not in labels and not e.get("aria-label"):
            found.append(f"no label for {e.get('name')}")
    for e in page.all("a", "button", "summary", "progress"):
        if not e["text"].strip() and not e.get("aria-label"):
            found.append(f"<{e['tag']}> without a name")
    found += ["an image without alt" for e in page.all("img") if "alt" not in e]
    labelled = [e.get("aria-label") for e in page.all("form", "nav")]
    found += [f"a form or nav without a name" for label in labelled if not label]


def identifiers(page, found):
    ids = [e["id"] for e in page.elements if e.get("id")]
    found += [f"id {i} twice" for i in set(ids) if ids.count(i) > 1]
    for e in page.elements:
        for attribute in ("aria-labelledby", "for"):
            if e.get(attribute) and e[attribute] not in ids:
                found.append(f"{attribute} {e[attribute]} leads nowhere")
        if e["tag"] == "a" and e.get("href", "").startswith("#") and e["href"][1:] not in ids:
            found.append(f"link {e['href']} leads nowhere")


def landmarks(page, found):
    for tag in ("main", "header", "nav", "footer"):
        if len(page.all(tag)) != 1:
            found.append(f"{len(page.all(tag))} {tag}")
    links = page.all("a")
    if not links or links[0].get("href") != "#main":
        found.append("the first link does not skip to the content")
    if not any(e.get("name") == "viewport" and "maximum-scale" not in e.get("content", "") for e in page.all("meta")):
        found.append("no viewport, or one that forbids to enlarge")


def problems(html):
    page = Page()
    page.feed(html)
    found = page.found
    found += [f"<{e['tag']}> is never closed" for e in page.stack]
    root = page.all("html")
    if not root or not root[0].get("lang"):
        found.append("no lang")
    if not [e for e in page.all("title") if e["text"].strip()]:
        found.append("no title")
    if any(e.get("style") or any(k.startswith("on") for k in e if k not in ("tag", "text", "in")) for e in page.elements):
        found.append("style or script in an attribute")
    found += [f"tabindex {e['tabindex']}" for e in page.elements if int(e.get("tabindex") or 0) > 0]
    found += ["th without scope" for e in page.all("th") if not e.get("scope")]
    found += [f"badge without words" for e in page.all("span") if "badge" in (e.get("class") or "") and not e["text"].strip()]
    for check in (headings, names, identifiers, landmarks):
        check(page, found)
    return found


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a, b):
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def contrast_problems(css):
    blocks = re.findall(r":root\s*\{([^}]*)\}", css)
    light = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", blocks[0]))
    dark = {**light, **dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", blocks[1]))}
    found = []
    for theme, colours in (("light", light), ("dark", dark)):
        for front, back, least in PAIRS:
            ratio = contrast(colours[front], colours[back])
            if ratio < least:
                found.append(f"{theme}: {front} on {back} is {ratio:.2f}, needs {least}")
    used = set(re.findall(r"#[0-9a-fA-F]{3,8}\b", re.sub(r":root\s*\{[^}]*\}", "", css)))
    return found + [f"colour {colour} outside the variables" for colour in used]
