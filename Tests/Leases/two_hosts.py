#!/usr/bin/env python3
"""Runs one experiment as two hosts over one folder, and kills, stops and starts them.

    two_hosts.py BINARY [--patience SECONDS] [--rounds N] [--seed N] [--work FOLDER]

A host is a UTS, PID and time namespace of its own (unshare; needs the right to make them, as root has): another name, other
numbers of processes, a monotonic clock that is days away. Its wall clock is wrong too, by a library that is built with cc
and loaded before all others (libfaketime will not do: it moves the timers of the kernel's monotonic clock along). So nothing tells one host whether a process of the other lives but the leases in the store. Where BINARY waits less than
three minutes for a silent host (--patience) that is for this script alone.

What must hold: jobs done twice 0 where nobody stood still; every run that was left alone ends with 0; the store holds
the bytes of a run that nobody disturbed, and no attempt or lease. Exit code 0 where all of it does, 1 where not, 2 where
namespaces cannot be made.
"""

import argparse
import collections
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MANIFEST = """\
name: shared
seeds: [0, 1, 2]
base:
  pretrain: {hidden: 32, layers: 2, heads: 2, intermediate: 64, sentences: 120, steps: 10, batch_rows: 8}
tasks:
  news: {generate: {form: sentiment, rows: {train: 24, validation: 12, test: 12}}}
  score: {generate: {form: score, rows: {train: 24, validation: 12, test: 12}}}
  names: {generate: {form: entities, rows: {train: 24, validation: 12, test: 12}}}
cocktails: [singles, pairs, all]
budget: {steps: STEPS}
adapter: {rank: 4, alpha: 8, targets: [query, value]}
training: {learning_rate: 1e-3, batch_rows: 8, max_tokens: 32}
merges:
  - {method: linear, of: singles}
  - {method: ties, of: singles, density: 0.5}
"""

# Seconds that a host's wall clock is wrong, and that its monotonic clock is ahead.
CLOCKS = {"alpha": (-259200, 0), "beta": (34560000, 864000)}

SHIM = """\
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static long wrong(void) { const char *s = getenv("WRONG_CLOCK"); return s ? atol(s) : 0; }
int clock_gettime(clockid_t clock, struct timespec *t) {
  int code = syscall(SYS_clock_gettime, clock, t);
  if (code == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) t->tv_sec += wrong();
  return code;
}
int gettimeofday(struct timeval *t, void *zone) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  t->tv_sec = now.tv_sec; t->tv_usec = now.tv_nsec / 1000;
  return 0;
}
time_t time(time_t *t) { struct timeval now; gettimeofday(&now, 0); if (t) *t = now.tv_sec; return now.tv_sec; }
"""


def wrong_clocks(folder):
    """The library that moves a process's wall clock; None where there is no compiler."""
    (folder / "clock.c").write_text(SHIM)
    for compiler in ("cc", "gcc", "clang"):
        try:
            subprocess.run(
                [compiler, "-shared", "-fPIC", "-o", folder / "clock.so", folder / "clock.c"], check=True)
            return folder / "clock.so"
        except (OSError, subprocess.CalledProcessError):
            continue
    return None


class Host:
    """A run in namespaces of its own; what it says goes to a file."""

    def __init__(self, name, arguments, folder, mounts, shim):
        self.name = name
        wall, monotonic = CLOCKS[name]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS")}
        environment["XDG_CACHE_HOME"] = str(folder / "cache" / name)
        if shim:
            environment |= {"LD_PRELOAD": str(shim), "WRONG_CLOCK": str(wall)}
        command = ["unshare", "--uts", "--pid", "--fork", "--kill-child", "--time"]
        command += ["--monotonic", str(monotonic), "--boottime", str(monotonic)]
        command += ["--mount-proc"] if mounts else []
        command += ["sh", "-c", f'hostname {name} && exec "$@"', "sh"] + [str(a) for a in arguments]
        self.log = folder / f"{name}-{time.monotonic_ns()}.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def inner(self):
        """The processes within, as seen from outside."""
        todo, found = [self.process.pid], []
        while todo:
            try:
                children = Path(f"/proc/{todo[-1]}/task/{todo.pop()}/children").read_text().split()
            except OSError:
                continue
            found += [int(c) for c in children]
            todo += [int(c) for c in children]
        return found

    def send(self, number):
        for process in self.inner():
            try:
                os.kill(process, number)
            except ProcessLookupError:
                pass

    def end(self, seconds=300):
        """Its exit code."""
        return self.process.wait(timeout=seconds)

    def text(self):
        return self.log.read_text()

    def done(self):
        """Labels of the jobs that it did itself."""
        return re.findall(r"^done (?!by )(.*) in [^ ]+.*$", self.text(), re.M)


def store(folder):
    return folder / "Results" / ".store"


def names(folder, *starts):
    if not store(folder).exists():
        return []
    return sorted(n for n in os.listdir(store(folder)) if n.startswith(starts))


def finished(folder):
    return [n for n in names(folder, *"0123456789abcdef") if (store(folder) / n / "result.json").exists() and "-" not in n]


def artefacts(folder):
    # Of a killed run there may stay what it named, which keeps jobs from being dropped until it runs again on its host, and
    # the draft of a lease, which the next run sweeps away.
    def counts(p):
        left = p.parent.name == ".named" and "@" in p.name or p.name.startswith(".lease-draft-")
        return p.is_file() and p.name != "cost.json" and not left

    return {str(p.relative_to(store(folder))): p.read_bytes() for p in store(folder).rglob("*") if counts(p)}


class Torture:
    def __init__(self, options):
        self.options = options
        self.work = Path(options.work or tempfile.mkdtemp(prefix="two-hosts-"))
        self.work.mkdir(parents=True, exist_ok=True)
        self.shim = wrong_clocks(self.work)
        self.random = random.Random(options.seed)
        self.failures = 0
        self.wanted = None

    def check(self, condition, words):
        if not condition:
            self.failures += 1
            print(f"  WRONG: {words}")

    def folder(self, name):
        folder = self.work / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "m.yaml").write_text(MANIFEST.replace("STEPS", str(self.options.steps)))
        return folder

    def start(self, name, folder, mounts=True):
        arguments = [self.options.binary, "run", "m.yaml", "--workers", 1, "--verbose"]
        return Host(name, arguments + ["--lease-seconds", self.options.patience], folder, mounts, self.shim)

    def wait(self, condition, seconds=120):
        end = time.monotonic() + seconds
        while not condition() and time.monotonic() < end:
            time.sleep(0.01)
        return condition()

    def whole(self, folder):
        """The store is that of a run that nobody disturbed."""
        left = names(folder, "attempt-", "lease-")
        self.check(not left, f"left in the store: {left[:4]}")
        found = artefacts(folder)
        differing = [n for n in self.wanted.keys() | found.keys() if self.wanted.get(n) != found.get(n)]
        self.check(not differing, f"{len(differing)} files differ, {differing[:4]}")

    def status(self, folder):
        return subprocess.run(
            [self.options.binary, "status", "m.yaml"], cwd=folder, capture_output=True, text=True).stdout

    # What is tried

    def undisturbed(self):
        folder = self.folder("alone")
        host = self.start("alpha", folder)
        self.check(host.end() == 0, f"one host alone: {host.text()[-400:]}")
        self.wanted = artefacts(folder)
        print(f"one host alone: {len(host.done())} jobs")

    def shared(self, mounts):
        folder = self.folder("shared")
        hosts = [self.start(name, folder, mounts) for name in CLOCKS]
        codes = [host.end() for host in hosts]
        counts = collections.Counter(label for host in hosts for label in host.done())
        twice = [label for label, count in counts.items() if count > 1]
        share = " + ".join(f"{len(host.done())} by {host.name}" for host in hosts)
        print(f"two hosts{'' if mounts else ' that see a foreign /proc'}: {share}, {len(twice)} done twice")
        self.check(codes == [0, 0], f"exit codes {codes}: {[h.text()[-300:] for h in hosts]}")
        self.check(not twice, f"done twice: {twice[:4]}")
        self.check(len(counts) == len(finished(folder)), f"{len(counts)} of {len(finished(folder))} jobs told")
        for host, other in [hosts, hosts[::-1]]:
            self.check(f"note: {other.name} " in host.text(), f"{host.name} does not speak of {other.name}")
        told = self.status(folder)
        self.check(all(f"done by {host.name} " in told for host in hosts), f"status: {told}")
        self.whole(folder)

    def killed(self):
        folder = self.folder("killed")
        alpha, beta = (self.start(name, folder) for name in CLOCKS)
        self.wait(lambda: len(beta.done()) > 3 and names(folder, "attempt-"))
        # In the middle of a job.
        beta.send(signal.SIGSTOP)
        owner = [n for n in names(folder, "lease-") if b'"beta"' in (store(folder) / n).read_bytes()]
        beta.send(signal.SIGKILL)
        began = time.monotonic()
        self.check("taken by beta" in self.status(folder) if owner else True, "status does not say who is at it")
        code = alpha.end()
        print(
            f"beta killed -9 with {len(owner)} lease: alpha ends {time.monotonic() - began:.1f} s later, "
            f"patience {self.options.patience} s")
        self.check(code == 0, f"exit code {code}: {alpha.text()[-400:]}")
        if owner:
            self.check(", which beta " in alpha.text(), "alpha does not say what it took over")
            self.check(time.monotonic() - began >= self.options.patience, "alpha did not wait for beta's silence")
        self.whole(folder)

    def stood_still(self):
        folder = self.folder("still")
        alpha, beta = (self.start(name, folder) for name in CLOCKS)
        self.wait(lambda: len(beta.done()) > 3 and names(folder, "attempt-"))
        beta.send(signal.SIGSTOP)
        code = alpha.end()
        beta.send(signal.SIGCONT)
        codes = [code, beta.end()]
        counts = collections.Counter(label for host in (alpha, beta) for label in host.done())
        twice = sum(count - 1 for count in counts.values())
        print(f"beta stands still until alpha has ended, and goes on: {twice} job done twice")
        self.check(codes == [0, 0], f"exit codes {codes}: {beta.text()[-400:]}")
        self.check(twice <= 1, f"{twice} jobs done twice")
        self.whole(folder)

    def torture(self):
        """Both are killed, stopped or interrupted at random, and started again, until all is done."""
        folder = self.folder("torture")
        hosts = {name: self.start(name, folder) for name in CLOCKS}
        deeds = collections.Counter()
        for _ in range(self.options.rounds):
            time.sleep(self.random.uniform(0, 1.5))
            name = self.random.choice(list(hosts))
            deed = self.random.choice(["kill", "interrupt", "stop", "worker"])
            host = hosts[name]
            if host.process.poll() is not None:
                # Where all is done a part is thrown away, so that there is something to do.
                for job in self.random.sample(finished(folder), 8):
                    shutil.rmtree(store(folder) / job, ignore_errors=True)
                hosts[name] = self.start(name, folder)
                deeds["again"] += 1
                continue
            deeds[deed] += 1
            if deed == "kill":
                host.send(signal.SIGKILL)
            elif deed == "interrupt":
                host.send(signal.SIGINT)
            elif deed == "worker":
                for process in host.inner()[-1:]:
                    os.kill(process, signal.SIGKILL)
            else:
                host.send(signal.SIGSTOP)
                time.sleep(self.random.choice([0.2, 1.5 * self.options.patience]))
                host.send(signal.SIGCONT)
            if deed in ("kill", "interrupt"):
                host.end()
                hosts[name] = self.start(name, folder)
        codes = [host.end() for host in hosts.values()]
        print(f"torture: {dict(deeds)}, exit codes {codes}")
        # A worker that dies twice under one job, or an input that this script threw away, fails it for that run alone.
        last = self.start("alpha", folder)
        code = last.end()
        self.check(code == 0, f"the last run ends with {code}: {last.text()[-400:]}")
        self.whole(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=lambda p: Path(p).resolve())
    parser.add_argument("--patience", type=float, default=4)
    parser.add_argument("--steps", type=int, default=60, help="of each training")
    parser.add_argument("--rounds", type=int, default=40, help="of killing and starting again")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", help="a folder to work in, on NFS for instance; else a temporary one")
    options = parser.parse_args()
    probe = subprocess.run(["unshare", "--uts", "--pid", "--fork", "--time", "--mount-proc", "true"])
    if probe.returncode != 0:
        print("namespaces cannot be made here")
        return 2
    torture = Torture(options)
    wrong = ", ".join(f"{c[0] / 86400:+.0f} days" for c in CLOCKS.values())
    print(f"wall clocks: {wrong if torture.shim else 'right, for there is no compiler'}")
    torture.undisturbed()
    torture.shared(mounts=True)
    torture.shared(mounts=False)
    torture.killed()
    torture.stood_still()
    torture.torture()
    print("all of it holds" if not torture.failures else f"{torture.failures} do not hold; see {torture.work}")
    if not torture.failures and not options.work:
        shutil.rmtree(torture.work)
    return 1 if torture.failures else 0


if __name__ == "__main__":
    sys.exit(main())
