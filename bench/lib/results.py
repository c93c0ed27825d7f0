# SPDX-License-Identifier: MIT
"""What was measured: the figures of all runs, and of which machine.

In a file (--json, --from) it is an object with "format", 1; "machine", of
words (machine.py); and "figures", a list of objects: "question", "procs",
"peer", and "values", for each name that a program printed its values, a round
each."""

import json

from . import machine as machines
from .questions import BY_NAME, COUNTS

FORMAT = 1


class Results:
    def __init__(self, machine):
        self.machine = machine
        self.figures = {}  # (question, procs, peer): {name: [values]}

    def add(self, question, procs, peer, printed):
        values = self.figures.setdefault((question, procs, peer), {})
        for name, value in printed.items():
            values.setdefault(name, []).append(value)

    def figure(self, question, procs, peer, value):
        """The best of all rounds, since noise only adds; of what is counted
        the median. None if there is none."""
        seen = self.figures.get((question, procs, peer), {}).get(value)
        if not seen:
            return None
        return sorted(seen)[len(seen) // 2] if value in COUNTS else min(seen)

    def procs_of(self, question):
        return sorted({p for q, p, _ in self.figures if q == question})

    def save(self, path):
        figures = [{"question": q, "procs": p, "peer": peer, "values": v}
                   for (q, p, peer), v in self.figures.items()]
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"format": FORMAT, "machine": self.machine,
                       "figures": figures}, f, indent=1)
            f.write("\n")


def load(path):
    """ValueError: it is no such file."""
    with open(path, encoding="utf-8") as f:
        data = json.load(f)
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ValueError(f"not of format {FORMAT}")
    try:
        results = Results({str(k): str(v)
                           for k, v in data["machine"].items()})
        machines.is_quiet(results.machine)  # numbers where it needs them
        for figure in data["figures"]:
            take(results, figure)
    except (KeyError, TypeError, AttributeError) as e:
        raise ValueError(f"damaged: {e!r}") from e
    return results


def take(results, figure):
    key = figure["question"], int(figure["procs"]), figure["peer"]
    if key[0] not in BY_NAME:
        raise ValueError(f"no question '{key[0]}'")
    results.figures[key] = {name: [float(v) for v in values]
                            for name, values in figure["values"].items()}
