# SPDX-License-Identifier: MIT
"""Tables for a terminal, printed as they come."""

from . import tables

LABEL = 36
WIDTHS = (2, 9, 9, 9, 9, 9, 9, 6, 11, 6)
BLOCK_LABEL = 47
COLUMN = 13


def put(line=""):
    print(line.rstrip(), flush=True)


def put_line(cells):
    put(cells[0].ljust(LABEL) + "".join(
        " " + c.rjust(w) for c, w in zip(cells[1:], WIDTHS)))


def put_cells(label, cells):
    put("  " + label.ljust(BLOCK_LABEL - 2) + "".join(
        c.rjust(COLUMN) for c in cells))


def heading():
    put_line(tables.Line.HEADING)


def put_block(block):
    put()
    put(block.title.ljust(BLOCK_LABEL) + "".join(
        f"{p} P".rjust(COLUMN) for p in block.procs))
    for label, cells in block.figures + block.judged + block.counts:
        put_cells(label, cells)
