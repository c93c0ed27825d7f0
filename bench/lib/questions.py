# SPDX-License-Identifier: MIT
"""The questions: which program is run how, and which figures it gives.

A question has a name, by which ../targets and --only know it. It is asked at
some numbers of processors: at few, then each figure is a line of the first
table, or at as many as the machine has, in powers of two (MANY), then it is a
block of its own with processors as columns.
"""

import os

LARGEST = 16


def powers_of_two(processors):
    return tuple(n for n in (1, 2, 4, 8, LARGEST) if n <= processors)


MANY = powers_of_two(len(os.sched_getaffinity(0)))


class Row:
    """A figure: `value` is its name in what programs print."""

    def __init__(self, name, label, value, unit):
        self.name, self.label = name, label
        self.value, self.unit = value, unit


class Question:
    """One program with its arguments; COUNT comes behind them.

    peers: who is asked beside Vine. counts: for whom COUNT is another. Not
    scaled: --scale doesn't change COUNT.
    """

    def __init__(self, name, program, args, count, procs, label, value=None,
                 unit="ns", more=(), peers=("go",), counts=None, scaled=True,
                 rounds=None, is_many=False):
        self.name, self.program, self.args = name, program, args
        self.count, self.procs, self.peers = count, procs, peers
        self.counts, self.scaled = counts or {}, scaled
        self.rounds = rounds
        self.is_many = is_many
        self.rows = [Row(name, label, value or program, unit)]
        self.rows += [Row(f"{name}.{suffix}", "  " + text, v, u)
                      for suffix, text, v, u in more]

    def count_for(self, peer, scale):
        count = self.counts.get(peer, self.count)
        return max(int(count * scale), 1000) if self.scaled else count


def many(name, program, args, count, label, **more):
    return Question(name, program, args, count, MANY, label, is_many=True,
                    **more)


def server(protocol, connections, procs, threads=True):
    """CPU is the server's, whatever --cpu says. Wall time is also that of the
    client, one thread, which is the same for all."""
    return Question(
        f"{protocol}-{connections}", protocol, [str(connections)], 100_000,
        procs, f"{protocol}, {connections:,} TCP", "wall",
        more=[("cpu", "the server's CPU", "cpu", "ns"),
              ("p50", "half took no longer than", "p50", "us"),
              ("p99", "99 of 100", "p99", "us"),
              ("p999", "999 of 1,000", "p999", "us")],
        peers=("go", "pthread", "epoll") if threads else ("go", "epoll"))


QUESTIONS = [
    Question("yield", "yield", [], 4_000_000, (1,), "yield",
             peers=("go", "boost", "tokio")),
    Question("mutex", "mutex", ["uncontended"], 40_000_000, (2,),
             "mutex, uncontended", "uncontended",
             peers=("go", "pthread", "boost", "tokio")),
    Question("timer", "timer", ["insert"], 500_000, (1,),
             "timer, start and stop", "insert"),
    # Dozens of time slices, at any scale: two seconds at most.
    Question("hog", "hog", [], 1_000_000, (1,), "ping-pong beside a hog",
             "pingpong",
             more=[("share", "the hog's share of time", "hog", "")],
             scaled=False),
    Question("blocked", "blocked", [], 5_000, (2,),
             "1 ms ticker, 100 blocked, p99 late", "p99", "us",
             more=[("median", "median", "median", "us")], scaled=False,
             rounds=3),
    Question("rss", "rss", ["rss"], 1_000_000, (2,),
             "RSS per parked goroutine", "rss", "B", scaled=False, rounds=1),
    Question("hibernated", "rss", ["hibernated"], 1_000_000, (2,),
             "RSS per hibernated goroutine", "hibernated", "B", peers=(),
             scaled=False, rounds=1),
    Question("frames", "deep", [], 200, (1,), "10,000 frames, cold", "cold",
             "us", more=[("again", "again", "again", "us"),
                         ("warm", "warm", "warm", "us")], scaled=False),
    Question("foreign", "foreign", [], 50_000_000, (1,),
             "foreign call, over a plain one", "over",
             more=[("pointer", "through a pointer", "pointer", "ns")]),
    Question("switch", "switch", [], 10_000_000, (1,), "raw switch",
             more=[("bare", "a bare one", "bare", "ns")], peers=()),
    server("echo", 64, (1, 2)),
    server("echo", 1000, (2,)),
    server("echo", 10_000, (2,), threads=False),
    server("http", 64, (1, 2)),
    server("http", 1000, (2,)),
    server("http", 10_000, (2,), threads=False),
    # Fewer connections if RLIMIT_NOFILE is less. After a while, when what is
    # parked hibernates and free memory has gone back.
    Question("idle", "echo", ["50000,6"], 10_000, (2,),
             "50,000 TCP, idle for 6 s, RSS for each", "each", "B",
             more=[("threads", "threads", "threads", "")], scaled=False,
             rounds=1),
    # As many pages of 4 KiB, written and dropped from memory.
    Question("disk", "disk", [], 60_000, (2,), "256 readers of a file", "disk",
             more=[("threads", "threads", "threads", "")], rounds=3),

    many("pingpong", "pingpong", ["1"], 1_000_000, "ping-pong",
         peers=("go", "boost", "flume")),
    many("pairs", "pingpong", ["16"], 1_000_000, "16 ping-pong pairs",
         value="pingpong", peers=("go", "boost", "flume")),
    many("buffered", "chan", ["buffered"], 6_000_000,
         "buffered channel, one to one", value="buffered",
         peers=("go", "boost", "tokio", "flume")),
    many("contended", "chan", ["contended"], 4_000_000,
         "contended channel, 8 senders, 8 receivers", value="contended",
         peers=("go", "boost", "flume")),
    many("pool", "pool", [], 300_000,
         "pool: producer, 16 workers, collector",
         peers=("go", "boost", "flume")),
    many("select2", "select", ["2"], 1_000_000, "select of 2",
         value="select"),
    many("select8", "select", ["8"], 600_000, "select of 8", value="select"),
    many("mutex-contended", "mutex", ["contended"], 8_000_000,
         "mutex, 8 goroutines", value="contended",
         peers=("go", "pthread", "boost", "tokio")),
    many("mutex-work", "mutex", ["work"], 300_000,
         "mutex, 64 goroutines, with work", value="work",
         peers=("go", "pthread", "boost", "tokio")),
    many("spawn", "spawn", [], 2_000_000, "spawn and exit",
         peers=("go", "pthread", "boost", "tokio"),
         counts={"pthread": 10_000, "boost": 200_000}),
    many("skynet", "skynet", [], 1_000_000, "skynet of 1,000,000, a leaf",
         peers=("go", "flume"), scaled=False),
    many("tree", "tree", [], 500_000, "fork/join tree, a node",
         peers=("go", "tokio")),
    many("sleepers", "timer", ["sleepers"], 1_000_000, "1,000,000 sleepers",
         value="sleepers", peers=("go", "tokio"), scaled=False, rounds=3),
    many("periodic", "timer", ["periodic"], 500_000,
         "10,000 periodic sleepers, CPU a sleep", value="periodic",
         peers=("go", "tokio"), rounds=3),
]

BY_NAME = {q.name: q for q in QUESTIONS}

# What programs count per operation beside the time: name, and the words for
# it. All but the first are of Vine's counted program (../counts.c) alone.
SWITCHES = "switches"
COUNTS = {
    SWITCHES: "context switches",
    "locks": "locks",
    "sleeps": "futex sleeps",
    "wakes": "futex wakes",
}
