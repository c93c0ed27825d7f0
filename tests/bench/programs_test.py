#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""programs_test.py BENCH BUILD: Vine's programs in bench/ build, do a
thousandth of their work, and print every figure that questions name; and what
counts.c counts is still what the runtime calls. Nothing is timed, and no peer
is asked: those are there on some machines only."""

import os
import subprocess
import sys
import tempfile

BENCH, BUILD = sys.argv[1:]
sys.path.insert(0, BENCH)
from lib.questions import QUESTIONS
from lib.results import load

# Of the others some take memory by the gigabyte, some need a client.
ASKED = [q for q in QUESTIONS if q.scaled and q.program not in ("echo", "http")]
# What no run does without. Wakes are none where nobody else sleeps.
NEEDED = {"pingpong": ("locks",), "select2": ("locks",),
          "periodic": ("locks", "sleeps")}
# On one processor channels' locks are biased to it, and taken by plain stores.
BIASED = ("pingpong", "select2")


def ask(path):
    names = "|".join(q.name for q in ASKED)
    subprocess.run(
        [os.path.join(BENCH, "run"), BUILD, "--peers", "", "--rounds", "1",
         "--scale", "0.001", "--procs", "1,2", "--only", f"^({names})\\b",
         "--json", path], check=True)
    return load(path)


def problems(results):
    for q in ASKED:
        procs = results.procs_of(q.name)
        if not procs:
            yield f"{q.name}: not asked"
        values = [row.value for row in q.rows]
        if q.is_many:
            values += ["switches", "locks", "sleeps", "wakes"]
        for p in procs:
            for v in values:
                if results.figure(q.name, p, "vine", v) is None:
                    yield f"{q.name}, {p} P: no '{v}'"
            for v in NEEDED.get(q.name, ()):
                count = results.figure(q.name, p, "vine", v)
                if p == 1 and q.name in BIASED:
                    if count is not None and count >= 1:
                        yield f"{q.name}, {p} P: took {count} {v}"
                elif not count:
                    yield f"{q.name}, {p} P: counted no {v}"


def main():
    with tempfile.TemporaryDirectory() as folder:
        found = list(problems(ask(os.path.join(folder, "results.json"))))
    print("\n".join(found) or "all figures are there")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
