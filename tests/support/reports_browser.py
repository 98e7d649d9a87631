#!/usr/bin/env python3
"""reports_browser.py FOLDER [PICTURES]: each page of the reports in a folder, in a browser: on a phone, at 1024, in the dark
and on paper. Nothing is wider than the screen, the style is let in by the page's own policy, nothing else is asked for, and
the browser has nothing to complain about. Pictures of them go to a second folder. Prints TAP lines."""
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import browser  # noqa: E402

LOOKS = [("phone", 360, False), ("desk", 1024, False), ("dark", 1024, True)]
GROUND = {False: "rgb(244, 246, 248)", True: "rgb(17, 23, 29)"}
UNFOLD = "document.querySelectorAll('details').forEach(one => one.open = true)"
PAPER = "[...document.styleSheets[0].cssRules].filter(rule => rule.media && rule.media.mediaText === 'print').length"


def look_at(window, path, pictures):
    """What is wrong with the page, look by look."""
    address = path.resolve().as_uri()
    for name, width, dark in LOOKS:
        window.look(width, 900, dark)
        window.go(address)
        yield from (f"{name}: asks for {url}" for url in window.requests() if url != address)
        yield from (f"{name}: {text}" for text in window.complaints())
        if window.value("getComputedStyle(document.body).backgroundColor") != GROUND[dark]:
            yield f"{name}: the style does not hold"
        if pictures:
            window.picture(pictures / f"{path.stem}.{name}.png")
        for state in ("as it is", "unfolded"):
            wide = window.value("document.documentElement.scrollWidth")
            if wide > width:
                yield f"{name}, {state}: {wide} wide"
            window.value(UNFOLD)
    if window.value(PAPER) != 1:
        yield "paper: no rules"


def main():
    folder, pictures = Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None
    if not browser.program():
        print("ok - the pages in a browser # SKIP no browser")
        return
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
    signal.alarm(240)  # a browser that does not answer ends with us
    window = browser.Browser()
    try:
        for path in sorted(folder.glob("*.html")):
            found = list(look_at(window, path, pictures))
            print(f"{'not ok' if found else 'ok'} - {path.name} in a browser", flush=True)
            for one in found[:5]:
                print(f"#   {one}")
    finally:
        window.close()


main()
