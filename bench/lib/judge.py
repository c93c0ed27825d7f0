# SPDX-License-Identifier: MIT
"""Figures against targets."""

from .questions import BY_NAME

MET, MISSED, UNKNOWN = "ok", "missed", "-"


class Verdict:
    """One target of one figure. ratio: Vine's over the peer's, if the target
    is of a peer and both figures are there."""

    def __init__(self, target, figure, reference):
        self.target = target
        self.ratio = figure / reference if figure and reference else None
        met = target.met_by(figure, reference)
        self.word = UNKNOWN if met is None else MET if met else MISSED


class Judge:
    """Counts what it has seen."""

    def __init__(self, targets, results):
        self.targets, self.results = targets, results
        self.seen = {MET: 0, MISSED: 0, UNKNOWN: 0}
        self.absent = set()  # who kept targets from being judged

    def figure(self, question, row, procs, peer="vine"):
        return self.results.figure(question.name, procs, peer, row.value)

    def reference(self, question, row, procs, peer):
        """The figure of a peer, of the best of those that are there, or
        another one of Vine's: FIGURE.ROW."""
        if peer == "best":
            figures = [self.figure(question, row, procs, p)
                       for p in question.peers]
            return min((f for f in figures if f is not None), default=None)
        if "." not in peer:
            return self.figure(question, row, procs, peer)
        own = BY_NAME[peer.split(".")[0]]
        other = next(r for r in own.rows if r.name == peer)
        return self.figure(own, other, procs)

    def verdicts(self, question, row, procs):
        figure = self.figure(question, row, procs)
        found = []
        for target in self.targets.of(row.name, procs):
            reference = target.peer and self.reference(question, row, procs,
                                                       target.peer)
            verdict = Verdict(target, figure, reference)
            self.seen[verdict.word] += 1
            if verdict.word == UNKNOWN:
                self.absent.add(target.peer if figure else "vine")
            found.append(verdict)
        return found

    def summary(self):
        missed, unknown = self.seen[MISSED], self.seen[UNKNOWN]
        text = f"{missed} {plural(missed)} missed" if missed else \
            "all targets met" if self.seen[MET] else "no targets judged"
        if unknown:
            text += (f"; {unknown} not judged, for want of "
                     f"{', '.join(sorted(self.absent))}")
        return text


def plural(n):
    return "target" if n == 1 else "targets"
