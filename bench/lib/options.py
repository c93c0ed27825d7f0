# SPDX-License-Identifier: MIT
"""The command line of bench/run. What it says of the options is in the words
of their help; a bad one is an error before anything is measured."""

import argparse
import re

from .tables import PEERS

FORMS = """
  bench/run [BUILD] [OPTION...]          build, measure, print
  bench/run --from FILE [OPTION...]      the same from what --json kept
  bench/run --list                       the figures' names and words"""


def at_least(kind, least, words):
    """A type for argparse."""
    def parse_one(s):
        try:
            value = kind(s)
        except ValueError:
            value = None
        if value is None or not value >= least:
            raise argparse.ArgumentTypeError(f"'{s}' is not {words}")
        return value
    return parse_one


def numbers(s):
    one = at_least(int, 1, "a number of processors")
    return sorted({one(part) for part in s.split(",")})


def peers(s):
    known = set(PEERS) - {"vine"}
    asked = set(s.split(",")) if s else set()
    if asked - known:
        raise argparse.ArgumentTypeError(
            f"no peer '{sorted(asked - known)[0]}': there are "
            f"{', '.join(sorted(known))}")
    return asked


def regex(s):
    try:
        return re.compile(s)
    except re.error as e:
        raise argparse.ArgumentTypeError(f"'{s}': {e}") from e


def add_choices(add):
    add("--only", type=regex, default=re.compile(""), metavar="REGEX",
        help="only questions whose name, program or words match")
    add("--procs", type=numbers, metavar="LIST",
        help="numbers of processors, like 1,2,8; default: powers of two up "
        "to the machine's")
    add("--peers", type=peers, default=set(PEERS), metavar="LIST",
        help="like go,boost; '' is none; default: all that are there")


def add_ways(add):
    add("--rounds", type=at_least(int, 1, "a number of rounds"), default=5,
        metavar="N", help="the best of N counts; default: 5")
    add("--scale", type=at_least(float, 1e-6, "a positive number"),
        default=1.0, metavar="X", help="0.1: a tenth of the work")
    add("--cpu", action="store_true",
        help="processor time, for machines where others work, too")
    add("--no-counts", dest="counts", action="store_false",
        help="don't run the programs that count locks and futex calls")


def add_outputs(add):
    add("--json", metavar="FILE", help="keep all that was measured")
    add("--from", dest="source", metavar="FILE", help="measure nothing, read "
        "what --json kept")
    add("--markdown", action="store_true", help="print Markdown")
    add("--page", metavar="FILE",
        help="put the Markdown into a page, between its two marks")
    add("--plot", metavar="DIR",
        help="draw a picture for each question of many processors (gnuplot)")
    add("--check", action="store_true",
        help="status 1 if a target is missed (bench/targets)")
    add("--list", action="store_true", help="print the figures' names")


def parse(description):
    p = argparse.ArgumentParser(
        prog="bench/run", description=description, allow_abbrev=False,
        usage=FORMS, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("build", nargs="?", metavar="BUILD",
                   help="a build folder; default: build")
    add_choices(p.add_argument)
    add_ways(p.add_argument)
    add_outputs(p.add_argument)
    options = p.parse_args()
    if options.source and (options.build or options.json):
        p.error("--from measures nothing: no BUILD, no --json with it")
    return options
