#!/usr/bin/env python3
"""Measures what the workers of a run hold together: memory.py BINARY run MANIFEST [ARGUMENT ...]

Runs the command, and adds up the proportional set sizes (smaps) of the processes that it starts twice a second, so that what workers
share counts once. Prints one line of JSON: the most that they held, in megabytes, and of what: mapped weights, the program,
everything else. The folder of results should be a fresh one, so that there is something to do; shared weights are made by the first run.
"""

import glob
import json
import re
import subprocess
import sys
import time


def parts(parent):
    """Kilobytes by kind of all children of a process."""
    held = {"weights": 0, "program": 0, "own": 0}
    for process in glob.glob("/proc/[0-9]*"):
        try:
            if open(process + "/stat").read().rsplit(")", 1)[1].split()[1] != str(parent):
                continue
            name = ""
            for line in open(process + "/smaps"):
                region = re.match(r"^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \S+\s*(.*)$", line)
                if region:
                    name = region[1]
                elif line.startswith("Pss:"):
                    kind = "weights" if name.endswith(".safetensors") else "program" if name.startswith("/") else "own"
                    held[kind] += int(line.split()[1])
        except (OSError, IndexError, ValueError):
            continue
    return held


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    run = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
    most = {}
    while run.poll() is None:
        held = parts(run.pid)
        if sum(held.values()) > sum(most.values(), 0):
            most = held
        time.sleep(0.5)
    print(json.dumps({"megabytes": round(sum(most.values()) / 1024), **{k: round(v / 1024) for k, v in most.items()}}))
    sys.exit(run.returncode)


if __name__ == "__main__":
    main()
