# SPDX-License-Identifier: MIT
"""What is printed for people to read, as cells; text.py and markdown.py only
lay them out."""

from .judge import MISSED
from .questions import COUNTS, SWITCHES

PEERS = {"vine": "vine", "go": "go", "pthread": "threads", "epoll": "epoll",
         "boost": "boost", "tokio": "tokio", "flume": "flume"}
LINE_PEERS = ("vine", "go", "pthread", "epoll", "boost", "tokio")
NONE = "-"


def number(x, unit=""):
    """Three digits or so. "-": there is none."""
    if x is None:
        return NONE
    digits = 0 if x >= 100 else 1 if x >= 10 else 2
    return f"{x:.{digits}f} {unit}".strip()


def count(x):
    """Counts are exact, and the small ones are what matters."""
    if x is None:
        return NONE
    return "0" if x == 0 else f"{x:.2f}" if x >= 0.1 else \
        f"{x:.5f}" if x >= 0.00001 else "<0.00001"


def goal(target, unit=""):
    """ "of go" is what goals are of unless they say otherwise."""
    if target.peer:
        of = "" if target.peer == "go" else \
            " of " + PEERS.get(target.peer, target.peer.split(".")[-1])
        return f"{target.number:g}{of}"
    least = ">= " if target.relation == "at least" else "<= "
    return f"{least}{target.number:g} {unit}".strip()


def ratio(verdict):
    return NONE if verdict.ratio is None else f"{verdict.ratio:.2f}"


class Line:
    """A line of the first table: a figure at one number of processors, or one
    more target of the same figure."""
    HEADING = ["question", "P", *(PEERS[p] for p in LINE_PEERS), "ratio",
               "target", ""]

    def __init__(self, cells, missed):
        self.cells, self.missed = cells, missed


def lines(judge, question, procs):
    for row in question.rows:
        verdicts = judge.verdicts(question, row, procs)
        figures = [number(judge.figure(question, row, procs, p), row.unit)
                   if p in ("vine", *question.peers) else ""
                   for p in LINE_PEERS]
        start = [row.label, str(procs), *figures]
        if not verdicts:
            yield Line(start + ["", "", ""], False)
        for v in verdicts:
            end = [ratio(v) if v.target.peer else "", goal(v.target, row.unit),
                   v.word]
            yield Line(start + end, v.word == MISSED)
            start = [""] * len(start)


class Block:
    """A question that is asked at many numbers of processors, which are the
    columns. figures: rows of a peer and its cells. judged: rows of what is
    asked, which are the ratios and the goals with their verdicts. counts:
    rows of what was counted per operation."""

    def __init__(self, name, unit, procs):
        self.name, self.procs = name, procs
        self.title = f"{name}, {unit}"
        self.figures, self.judged, self.counts = [], [], []


def block(judge, question, procs):
    row = question.rows[0]
    found = Block(row.label, row.unit, procs)
    for peer in ("vine", *question.peers):
        found.figures.append((PEERS[peer], [
            number(judge.figure(question, row, p, peer)) for p in procs]))
    found.judged = list(judged_rows(
        [judge.verdicts(question, row, p) for p in procs], row.unit))
    found.counts = list(count_rows(judge.results, question, procs))
    return found


def judged_rows(verdicts, unit):
    """verdicts: a list for each number of processors. Of each relation in
    them the ratios, if it has any, and what is asked."""
    for relation in dict.fromkeys(
            v.target.relation for some in verdicts for v in some):
        row = [next((v for v in some if v.target.relation == relation), None)
               for some in verdicts]
        peer = next(v.target.peer for v in row if v)
        if peer:
            yield (f"vine / {PEERS.get(peer, peer)}",
                   [ratio(v) if v else "" for v in row])
        yield "target", [word(v, unit) for v in row]


def word(verdict, unit):
    if not verdict:
        return ""
    asked = verdict.target
    number_only = f"{asked.number:g}" if asked.peer else goal(asked, unit)
    return f"{number_only} {verdict.word}"


def count_rows(results, question, procs):
    """Only those that somebody counted."""
    for peer in ("vine", *question.peers):
        for value, words in COUNTS.items():
            if value != SWITCHES and peer != "vine":
                continue
            counted = [results.figure(question.name, p, peer, value)
                       for p in procs]
            if any(c is not None for c in counted):
                yield f"{PEERS[peer]}, {words}", [count(c) for c in counted]


def is_missed(cell):
    return cell.endswith(MISSED)
