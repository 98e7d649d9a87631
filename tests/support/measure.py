#!/usr/bin/env python3
"""measure.py FOLDER NAME COMMAND…: runs COMMAND, keeps its output in FOLDER/NAME.log and its figures in
FOLDER/NAME (seconds, processor seconds, MB of the largest process, MB of COMMAND's own processes, status), and prints them
as one line. Own memory is the high-water mark that the kernel keeps (VmHWM), read while it lives."""
import os
import resource
import subprocess
import sys
import time


def memory(pid):
    try:
        with open(f"/proc/{pid}/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) // 1024
    except (OSError, ValueError):
        pass
    return 0


def own_memory(pid):
    """COMMAND's process and its children of the same program: hiebox does its work in one, guarded by another."""
    total = memory(pid)
    try:
        program = os.readlink(f"/proc/{pid}/exe")
        with open(f"/proc/{pid}/task/{pid}/children") as children:
            for child in children.read().split():
                if os.readlink(f"/proc/{child}/exe") == program:
                    total += memory(child)
    except OSError:
        pass
    return total


folder, name, command = sys.argv[1], sys.argv[2], sys.argv[3:]
own = 0
start = time.monotonic()
with open(f"{folder}/{name}.log", "wb") as log:
    child = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    while True:
        own = max(own, own_memory(child.pid))
        try:
            status = child.wait(timeout=0.02)
            break
        except subprocess.TimeoutExpired:
            pass
seconds = time.monotonic() - start
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = usage.ru_utime + usage.ru_stime
with open(f"{folder}/{name}", "w") as figures:
    figures.write(f"{seconds:.2f} {cpu:.2f} {usage.ru_maxrss // 1024} {own} {status}\n")
print(f"{name:<36} {seconds:8.2f} s {cpu:8.2f} s cpu {usage.ru_maxrss // 1024:6d} MB largest {own:5d} MB own"
      + ("" if status == 0 else f"   FAILED ({status}), see {folder}/{name}.log"), flush=True)
sys.exit(0 if status == 0 else 1)
