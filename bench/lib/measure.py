# SPDX-License-Identifier: MIT
"""Asks. Each round runs Vine and its peers once, one after another, so that
noise of the machine falls on all alike. A peer that fails, or hangs, is from
then on missing for that program; Vine's failure ends everything."""

import os
import subprocess

from .builder import Failed

LIMIT_S = 120


def bind(procs):
    """Threads know of no number of processors: they get no more by force."""
    def before_exec():
        mine = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, mine[:procs])
    return before_exec


def ask(command, args, count, procs, binds=False):
    """One run: what it printed, by name."""
    whole = [*command, *args, str(count)]
    env = dict(os.environ, VINEMAXPROCS=str(procs), GOMAXPROCS=str(procs))
    try:
        r = subprocess.run(whole, env=env, capture_output=True, text=True,
                           timeout=LIMIT_S, check=False,
                           preexec_fn=bind(procs) if binds else None)
    except subprocess.TimeoutExpired as e:
        raise Failed(f"{' '.join(whole)}: not done after {LIMIT_S} s") from e
    if r.returncode != 0:
        raise Failed(f"{' '.join(whole)}: status {r.returncode}\n"
                     f"{r.stdout}{r.stderr}".rstrip())
    try:
        return {k: float(v) for k, v in
                (line.split() for line in r.stdout.splitlines())}
    except ValueError as e:
        raise Failed(f"{' '.join(whole)}: printed '{r.stdout.strip()}'") from e


def measure(builder, question, procs, options, results):
    """Adds a question's figures at one number of processors."""
    peers = [p for p in ("vine", *question.peers)
             if p == "vine" or p in options.peers]
    commands = {p: builder.program(p, question.program) for p in peers}
    for _ in range(min(options.rounds, question.rounds or options.rounds)):
        for peer, command in commands.items():
            if command and not builder.has_failed(peer, question.program):
                ask_once(builder, question, procs, peer, options, results)
    if question.is_many and options.counts:
        count_once(builder, question, procs, options, results)


def ask_once(builder, question, procs, peer, options, results):
    try:
        printed = ask(builder.program(peer, question.program), question.args,
                      question.count_for(peer, options.scale), procs,
                      binds=peer == "pthread" and question.is_many)
    except Failed as e:
        if peer == "vine":
            raise
        builder.fail(peer, question.program, e)
        return
    results.add(question.name, procs, peer, printed)


def count_once(builder, question, procs, options, results):
    """One more run of Vine's, for what only its counted program prints. Its
    times aren't taken: it is a little slower."""
    command = builder.program("counted", question.program)
    printed = ask(command, question.args,
                  question.count_for("vine", options.scale), procs)
    results.add(question.name, procs, "vine",
                {k: printed[k] for k in ("locks", "sleeps", "wakes")})
