# SPDX-License-Identifier: MIT
"""A picture for each question that is asked at many numbers of processors:
DIR/NAME.svg, by gnuplot, from DIR/NAME.dat and DIR/NAME.gnuplot, which stay
there to be changed by hand."""

import os

from .builder import Failed, call, find
from .tables import PEERS

SCRIPT = """\
set terminal svg size 640,400 font "sans,12" background "white"
set output "{name}.svg"
set title "{title}"
set xlabel "processors"
set ylabel "{unit} per operation"
set logscale x 2
set yrange [0:*]
set xtics ({tics})
set xrange [{least}:{most}]
set datafile missing "-"
set key outside right top
plot {lines}
"""


def tool():
    path = find("gnuplot")
    if not path:
        raise Failed("--plot needs gnuplot: apt-get install gnuplot-nox")
    return path


def draw(results, question, folder):
    procs = results.procs_of(question.name)
    row = question.rows[0]
    asked = ("vine", *question.peers)
    table = {p: [results.figure(question.name, n, p, row.value)
                 for n in procs] for p in asked}
    peers = [p for p in asked if any(table[p])]
    if not peers:
        return
    with open(os.path.join(folder, question.name + ".dat"), "w",
              encoding="utf-8") as f:
        f.write("# processors " + " ".join(peers) + "\n")
        for i, n in enumerate(procs):
            f.write(" ".join([str(n), *(cell(table[p][i]) for p in peers)]) +
                    "\n")
    script = os.path.join(folder, question.name + ".gnuplot")
    with open(script, "w", encoding="utf-8") as f:
        f.write(SCRIPT.format(
            name=question.name, title=row.label, unit=row.unit,
            tics=", ".join(str(n) for n in procs), least=procs[0] * 0.8,
            most=procs[-1] * 1.25, lines=", \\\n  ".join(
                curve(question.name, p, i) for i, p in enumerate(peers))))
    call(tool(), os.path.basename(script), cwd=folder)


def cell(x):
    return "-" if x is None else f"{x:.4f}"


def curve(name, peer, i):
    width = 3 if peer == "vine" else 1.5
    return (f'"{name}.dat" using 1:{i + 2} with linespoints lw {width} '
            f'pt 7 ps 0.5 title "{PEERS[peer]}"')
