# SPDX-License-Identifier: MIT
"""Reads ../targets, whose head says what its lines are, and judges by them."""

import os
import re

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                    "targets")
LINE = re.compile(r"(\S+) +(\*|\d+\+?) +(of \S+|at most|at least) +([\d.]+)")


class Target:
    """What is asked of one figure: relation is "at most", "at least" or "of
    PEER", where `peer` is who it is compared with."""

    def __init__(self, relation, number):
        self.relation, self.number = relation, number
        self.peer = relation[3:] if relation.startswith("of ") else None

    def met_by(self, figure, reference):
        """None: that can't be said, as one of the two figures isn't there."""
        if figure is None or (self.peer and not reference):
            return None
        if self.relation == "at least":
            return figure >= self.number
        return figure / (reference if self.peer else 1) <= self.number


class Targets:
    def __init__(self, path=PATH):
        self.lines = []  # (name, procs, Target)
        with open(path, encoding="utf-8") as f:
            for number, line in enumerate(f, 1):
                line = line.split("#")[0].strip()
                if line:
                    self.add(line, f"{os.path.basename(path)}:{number}")

    def add(self, line, where):
        match = LINE.fullmatch(line)
        if not match:
            raise ValueError(f"{where}: not a target: {line}")
        name, procs, relation, number = match.groups()
        self.lines.append((name, procs, Target(relation, float(number))))

    def of(self, name, procs):
        """The targets of a figure, one for each relation: the line for just
        that number of processors, else the one for the most of "N+", else
        that for all."""
        chosen = {}
        for line_name, line_procs, target in self.lines:
            rank = rank_of(line_procs, procs)
            if line_name == name and rank > chosen.get(target.relation,
                                                       (-1,))[0]:
                chosen[target.relation] = rank, target
        return [target for _, target in chosen.values()]

    def names(self):
        return {name for name, _, _ in self.lines}


def rank_of(line_procs, procs):
    """How well a line fits; -1: not at all."""
    if line_procs == "*":
        return 0
    if line_procs.endswith("+"):
        least = int(line_procs[:-1])
        return least if least <= procs else -1
    return 1 << 20 if int(line_procs) == procs else -1
