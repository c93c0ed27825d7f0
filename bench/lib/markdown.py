# SPDX-License-Identifier: MIT
"""The same in Markdown: for a page, or for an issue. A missed target is bold.
"""

import re

from . import machine, tables

BEGIN, END = "<!-- bench/run -->", "<!-- /bench/run -->"


def table(heading, rows):
    yield "| " + " | ".join(heading) + " |"
    yield "|---" * len(heading) + "|"
    for cells in rows:
        yield "| " + " | ".join(cells) + " |"


def bold(cell):
    return f"**{cell}**" if tables.is_missed(cell) else cell


def whole(results, lines, blocks):
    """The page's text."""
    out = [f"- {line}" for line in machine.lines(results.machine)]
    if not machine.is_quiet(results.machine):
        out += ["", "An example only: the machine was busy, or the run short."]
    if lines:
        out += ["", *table(tables.Line.HEADING, [
            [bold(c.strip()) for c in line.cells] for line in lines])]
    procs = sorted({p for b in blocks for p in b.procs})
    if blocks:
        out += ["", *table(["question", "", *(f"{p} P" for p in procs)],
                           block_rows(blocks, procs, figures))]
        out += ["", "Per operation, exact:", "",
                *table(["question", "", *(f"{p} P" for p in procs)],
                       block_rows(blocks, procs, counts))]
    return "\n".join(out) + "\n"


def figures(block):
    return block.title, block.figures + block.judged


def counts(block):
    return block.name, block.counts


def block_rows(blocks, procs, part):
    for block in blocks:
        title, rows = part(block)
        for label, cells in rows:
            at = dict(zip(block.procs, cells))
            yield [title, label, *(bold(at.get(p, "")) for p in procs)]
            title = ""


def into_page(text, page):
    """The page with the text between its two marks. ValueError: it has none.
    """
    pattern = re.compile(re.escape(BEGIN) + r"\n.*?" + re.escape(END), re.S)
    if not pattern.search(page):
        raise ValueError(f"no lines {BEGIN} and {END}")
    return pattern.sub(lambda _: f"{BEGIN}\n{text}{END}", page, count=1)
