#!/usr/bin/env python3
"""Kills a build at random moments and looks at what is left.

    kill_at_random.py HIEBOX PROJECT RECIPE MIRROR FOLDER COUNT [SEED]

FOLDER gets a store and an output folder. RECIPE has its lock. MIRROR is a URL that has the lock's packages. First the
recipe is built undisturbed. Then COUNT builds are killed: each starts from a store that lacks something (downloads,
the tools root, layers, only the image), so that the moments spread over the whole line, and dies by kill -9 of
everything, of hiebox alone or of its worker alone, or by SIGINT, SIGTERM or SIGHUP. After each: nothing runs any more,
nothing is mounted, verify-store finds nothing wrong, and an image under its final name is the undisturbed one.
Prints TAP."""
import collections
import ctypes
import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

HIEBOX, PROJECT, RECIPE, MIRROR, FOLDER = sys.argv[1:6]
COUNT = int(sys.argv[6])
SEED = int(sys.argv[7]) if len(sys.argv) > 7 else random.SystemRandom().randrange(1 << 32)
STORE, OUT = os.path.join(FOLDER, "store"), os.path.join(FOLDER, "out")
NAME = os.path.splitext(os.path.basename(RECIPE))[0]
IMAGE = os.path.join(OUT, NAME + ".raw")
COMMAND = [HIEBOX, "build", RECIPE, "--project", PROJECT, "--store", STORE, "--mirror", MIRROR, "-o", OUT]
STEPS = ["fetch tools", "tools", "fetch packages", "unpack", "settle", "configure", "compress", "apps", "site", "image"]
# what a build starts without, and how often it does
STARTS = [("fresh", 5), ("tools", 5), ("layers", 8), ("image", 82)]
MODES = [("group", 40), ("hiebox", 25), ("worker", 8), ("INT", 9), ("TERM", 9), ("HUP", 9)]
libc = ctypes.CDLL(None, use_errno=True)
problems = []


def step_of(line):
    words = line.split()
    if not words or words[0] not in {step.split()[0] for step in STEPS}:
        return None
    if " so far" in line or words[0] != line.split(" ")[0]:
        return None
    if words[0] != "fetch":
        return words[0]
    return "fetch tools" if "for tools" in line else "fetch packages"


class Build:
    """One run of hiebox, its steps with the moments when they ended."""

    def __init__(self):
        self.begun = time.monotonic()
        self.ended, self.text = [], []
        self.process = subprocess.Popen(COMMAND, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            self.text.append(line)
            step = step_of(line)
            if step:
                self.ended.append((step, time.monotonic() - self.begun))

    def wait(self, seconds=None):
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        self.reader.join(5)
        return self.process.returncode

    def step(self):
        """Where it was when it died."""
        last = self.ended[-1][0] if self.ended else None
        if last == "image":
            return "end"
        return STEPS[STEPS.index(last) + 1] if last else "first"


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else \
            subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True).stdout.split()[0]


def choose(table):
    return random.choices([name for name, _ in table], [weight for _, weight in table])[0]


def empty(*parts):
    shutil.rmtree(os.path.join(STORE, *parts), ignore_errors=True)
    os.makedirs(os.path.join(STORE, *parts), exist_ok=True)


def prepare(start):
    """Takes away what the build shall make anew."""
    for name in (IMAGE, IMAGE + ".json"):
        if os.path.exists(name):
            os.unlink(name)
    if start == "image":
        return
    empty("layers")
    if start == "layers":
        return
    empty("tools")
    if start == "fresh":
        for folder, _, names in os.walk(os.path.join(STORE, "blobs")):
            for name in names:
                if random.random() < 0.5:
                    os.unlink(os.path.join(folder, name))


def moment(timings, whole):
    """Half of all kills anywhere, half in a step that was chosen first: short steps get their share."""
    if random.random() < 0.5 or not timings:
        return random.uniform(0, whole)
    begin, end = random.choice(list(zip([0.0] + [t for _, t in timings], [t for _, t in timings] + [whole])))
    return random.uniform(begin, end)


def children_of(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def kill(build, mode):
    pid = build.process.pid
    if mode == "group":
        os.killpg(pid, signal.SIGKILL)
    elif mode == "hiebox":
        os.kill(pid, signal.SIGKILL)
    elif mode == "worker":
        for child in children_of(pid)[:1]:
            os.kill(child, signal.SIGKILL)
    else:
        os.kill(pid, getattr(signal, "SIG" + mode))


def orphans():
    """We are the subreaper: whoever is left is our child. Waits for at most 10 seconds."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return []
        if pid == 0:
            time.sleep(0.02)
    return children_of(os.getpid())


def mounts():
    with open("/proc/self/mountinfo") as file:
        return sum(STORE in line or OUT in line for line in file)


def check(build, mode, what, reference):
    def wrong(text):
        problems.append(f"{what}: {text}")
        print(f"# {what}: {text}", flush=True)

    left = orphans()
    if left:
        wrong(f"still running: {left}")
    if mounts():
        wrong("something is still mounted")
    hidden = [name for name in os.listdir(OUT) if name.startswith(".")] if os.path.isdir(OUT) else []
    work = os.listdir(os.path.join(STORE, "work"))
    if mode in ("INT", "TERM", "HUP", "worker") and (hidden or work):
        wrong(f"not cleared up: {hidden} {work}")
    if mode in ("INT", "TERM", "HUP") and build.process.returncode != -getattr(signal, "SIG" + mode):
        wrong(f"status {build.process.returncode}: {''.join(build.text[-3:])}")
    if os.path.exists(IMAGE) and digest(IMAGE) != reference:
        wrong("the image under its final name is another one")
    done = subprocess.run([HIEBOX, "verify-store", "--store", STORE], capture_output=True, text=True)
    if done.returncode != 0 or not re.search(r" 0 wrong and removed", done.stdout) or "earlier version" in done.stdout:
        wrong(f"verify-store: {done.returncode} {done.stdout}{done.stderr}")


def whole(reference, what):
    build = Build()
    status = build.wait()
    if status != 0 or (reference and digest(IMAGE) != reference):
        problems.append(f"{what}: status {status}, {''.join(build.text[-5:])}")
        print(f"# {problems[-1]}", flush=True)
    return build


def main():
    random.seed(SEED)
    libc.prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    print(f"# seed {SEED}", flush=True)
    started = time.monotonic()
    first = whole(None, "the undisturbed build")
    if problems:
        print("not ok - the undisturbed build")
        return
    reference = digest(IMAGE)
    timings = {}
    prepare("image")
    build = whole(reference, "undisturbed from image")
    timings["image"] = (build.ended, time.monotonic() - build.begun)
    total = first.ended[-1][1] if first.ended else 20.0
    timings["fresh"] = (first.ended, total)
    for start, begin in (("tools", "fetch tools"), ("layers", "fetch packages")):
        cut = next((t for name, t in first.ended if name == begin), 0.0)
        timings[start] = ([(name, t - cut) for name, t in first.ended if t > cut], total - cut)
    spread, modes, starts, late, killed = (collections.Counter() for _ in range(5))
    while killed["all"] < COUNT:
        start, mode = choose(STARTS), choose(MODES)
        prepare(start)
        if mode in ("INT", "TERM", "HUP", "worker"):  # what an earlier kill -9 left is none of its mistakes
            for name in os.listdir(OUT):
                if name.startswith("."):
                    os.unlink(os.path.join(OUT, name))
        build = Build()
        status = build.wait(moment(*timings[start]))
        if status is not None:
            late[start] += 1
            timings[start] = (build.ended, time.monotonic() - build.begun)  # the machine is faster than it was
            if status != 0:
                problems.append(f"a build from {start} ended by itself: {''.join(build.text[-5:])}")
                print(f"# {problems[-1]}", flush=True)
            continue
        kill(build, mode)
        if build.wait() == 0:  # it was faster than the signal
            late[start] += 1
            continue
        where = build.step()
        if where == "first":
            where = {"fresh": "fetch tools", "tools": "tools", "layers": "unpack", "image": "image"}[start]
        killed["all"] += 1
        spread[where] += 1
        modes[mode] += 1
        starts[start] += 1
        check(build, mode, f"kill {killed['all']} ({mode}, from {start}, in {where})", reference)
        if killed["all"] % 25 == 0 or killed["all"] == COUNT:
            whole(reference, f"the build after kill {killed['all']}")
            print(f"# {killed['all']} killed, {len(problems)} problems, {time.monotonic() - started:.0f} s", flush=True)
    print("# killed in: " + ", ".join(f"{step} {spread[step]}" for step in STEPS + ["end"] if spread[step]))
    print("# killed by: " + ", ".join(f"{mode} {count}" for mode, count in modes.most_common()))
    print("# started without: " + ", ".join(f"{start} {count}" for start, count in starts.most_common()) +
          f"; {sum(late.values())} builds were done before their moment came")
    print(f"# {COUNT} kills in {time.monotonic() - started:.0f} s")
    print("not ok" if problems else "ok", f"- {COUNT} builds killed at random moments, {len(problems)} problems")


main()
