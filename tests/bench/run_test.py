#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""run_test.py BENCH: what bench/run makes of its arguments, of files and of
figures. The figures are made up, in a file for --from or by programs that a
made-up compiler "builds": nothing is timed."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

BENCH = os.path.abspath(sys.argv.pop(1))
sys.path.insert(0, BENCH)
from lib.questions import MANY, QUESTIONS, powers_of_two
from lib.results import Results, load
from lib.targets import Targets

MARKED = "before\n<!-- bench/run -->\nold\n<!-- /bench/run -->\nafter\n"

# What it builds prints FIGURES, a line each; the counted program more.
COMPILER = """#!/bin/sh
case $1 in --*) echo "made up 1.0"; exit ;; esac
counted=
while [ $# -gt 0 ]; do
  case $1 in -o) out=$2 ;; -DBENCH_COUNTS) counted=yes ;; esac
  shift
done
{ echo '#!/bin/sh'
  echo 'echo "$@" "$VINEMAXPROCS" >>"$0.called"'
  echo 'printf "$FIGURES"'
  [ -z "$counted" ] || echo 'printf "locks 2\\nsleeps 0.5\\nwakes 0\\n"'
  echo 'eval "exit ${STATUS:-0}"'
} >"$out"
chmod +x "$out"
"""

GNUPLOT = """#!/bin/sh
grep -q '^plot "' "$1" && sed -n 's/^set output "\\(.*\\)"/\\1/p' "$1" |
  xargs touch
"""


def figure(question, procs, peer, **values):
    return {"question": question, "procs": procs, "peer": peer,
            "values": {k: v if isinstance(v, list) else [v]
                       for k, v in values.items()}}


def contended(procs, vine, go):
    return [figure("contended", procs, "vine", contended=vine),
            figure("contended", procs, "go", contended=go)]


class Case(unittest.TestCase):
    machine = {"cpu": "made up", "scale": "1", "load at the start": "0.1"}

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, text, mode=0o644):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as f:
            return f.read()

    def faked(self, *figures):
        return self.write("results.json", json.dumps(
            {"format": 1, "machine": dict(self.machine),
             "figures": list(figures)}))

    def run_it(self, *args, status=0, **env):
        r = subprocess.run([os.path.join(BENCH, "run"), *args],
                           env=dict(os.environ, **env), capture_output=True,
                           text=True, check=False)
        self.assertEqual(r.returncode, status, r.stdout + r.stderr)
        return r.stdout + r.stderr


class Arguments(Case):
    def refused(self, words, *args):
        said = self.run_it(*args, status=2)
        self.assertIn(words, said)
        self.assertNotIn("Traceback", said)

    def test_bad_ones(self):
        self.refused("'0' is not a number of rounds", "--rounds", "0")
        self.refused("'x' is not a number of rounds", "--rounds", "x")
        self.refused("'0' is not a positive number", "--scale", "0")
        self.refused("'nan' is not a positive number", "--scale", "nan")
        self.refused("'x' is not a number of processors", "--procs", "1,x")
        self.refused("'0' is not a number of processors", "--procs", "0")
        self.refused("'' is not a number of processors", "--procs", "")
        self.refused("no peer 'perl': there are boost, epoll, flume, go,",
                     "--peers", "go,perl")
        self.refused("'(': missing )", "--only", "(")
        self.refused("--only 'nothing': no such question",
                     "--only", "nothing", "--list")
        self.refused("unrecognized arguments: --rond", "--rond")
        self.refused("unrecognized arguments: other", "build", "other")
        self.refused("expected one argument", "--json")
        self.refused("--from measures nothing", "build", "--from", "x")
        self.refused("--from measures nothing", "--json", "y", "--from", "x")

    def test_bad_places(self):
        self.refused("bench: no nothing/bin/vinecc: run make first", "nothing")
        self.refused("No such file", "--json", self.path("no", "file"))
        self.refused("No such file", "--page", self.path("page"))
        self.refused("no lines <!-- bench/run -->", "--page",
                     self.write("page", "text\n"))
        self.refused("Not a directory", "--plot",
                     os.path.join(self.write("file", ""), "plots"))

    def test_no_gnuplot(self):
        os.makedirs(self.path("bin"))
        os.symlink(sys.executable, self.path("bin", "python3"))
        said = self.run_it("--from", self.faked(), "--plot", self.path("p"),
                           status=2, PATH=self.path("bin"))
        self.assertIn("apt-get install gnuplot-nox", said)

    def test_bad_results(self):
        def bad(words, text):
            self.refused(words, "--from", self.write("bad.json", text))
        self.refused("No such file", "--from", self.path("none"))
        bad("Expecting value", "hello")
        bad("not of format 1", "[]")
        bad("not of format 1", '{"format": 2}')
        bad("damaged", '{"format": 1, "machine": {}}')
        bad("could not convert", '{"format": 1, "machine": {"scale": "x"}}')
        bad("damaged", '{"format": 1, "machine": {}, "figures": [1]}')
        bad("no question 'x'", json.dumps(
            {"format": 1, "machine": {}, "figures": [figure("x", 1, "go")]}))

    def test_list(self):
        listed = {line.split()[0] for line in
                  self.run_it("--list").splitlines()}
        self.assertIn("frames.warm", listed)
        self.assertEqual(Targets().names() - listed, set())
        only = self.run_it("--list", "--only", "skynet").splitlines()
        self.assertEqual(len(only), 1)


class Judged(Case):
    def check(self, status, words, *figures):
        said = self.run_it("--from", self.faked(*figures), "--check",
                           status=status)
        self.assertIn(words, said)
        return said

    def test_missed_and_met(self):
        missed = contended(2, vine=51, go=100)
        self.check(1, "1 target missed", *missed)
        self.check(0, "all targets met", *contended(2, vine=50, go=100))
        said = self.run_it("--from", self.faked(*missed))  # not --check
        self.assertIn("0.51", said)
        self.assertIn("0.5 missed", said)

    def test_best_round_counts(self):
        self.check(0, "all targets met",
                   *contended(2, vine=[90, 50, 70], go=[300, 100, 200]))

    def test_closest_line_counts(self):
        def skynet(procs, vine):
            return [figure("skynet", procs, "vine", skynet=vine),
                    figure("skynet", procs, "go", skynet=100)]
        self.check(1, "1 target missed", *skynet(8, 24), *skynet(16, 24))
        self.check(1, "2 targets missed", *skynet(8, 24), *skynet(16, 26))

        def spawn(procs, vine):
            return [figure("spawn", procs, "vine", spawn=vine),
                    figure("spawn", procs, "go", spawn=100)]
        self.check(1, "1 target missed", *spawn(1, 22), *spawn(4, 22))

    def test_each_kind(self):
        self.check(0, "all targets met", figure("rss", 2, "vine", rss=640))
        self.check(1, "<= 640 B", figure("rss", 2, "vine", rss=641))
        hog = figure("hog", 1, "go", pingpong=100, hog=0)
        self.check(0, "met", hog,
                   figure("hog", 1, "vine", pingpong=9, hog=0.25))
        self.check(1, ">= 0.25", hog,
                   figure("hog", 1, "vine", pingpong=9, hog=0.2))
        self.check(0, "met", figure("switch", 1, "vine", switch=8, bare=4))
        self.check(1, "2 of bare",
                   figure("switch", 1, "vine", switch=9, bare=4))

    def test_two_targets_of_one_figure(self):
        figures = [figure("echo-64", 1, "vine", cpu=60),
                   figure("echo-64", 1, "go", cpu=100),
                   figure("echo-64", 1, "epoll", cpu=50)]
        said = self.check(1, "1 target missed", *figures)
        self.assertRegex(said, r"0\.60 +0\.67 +ok")
        self.assertRegex(said, r"1\.20 +1\.1 of epoll +missed")

    def test_best_peer(self):
        figures = [*contended(2, vine=30, go=100),
                   figure("contended", 2, "flume", contended=19)]
        said = self.check(1, "1 target missed", *figures)
        self.assertRegex(said, r"vine / go +0\.30\n +target +0\.5 ok\n")
        self.assertRegex(said,
                         r"vine / best +1\.58\n +target +1\.5 missed\n")
        figures[-1] = figure("contended", 2, "flume", contended=20)
        self.check(0, "all targets met", *figures)

    def test_absent_peer(self):
        said = self.check(0, "no targets judged; 2 not judged, for want of "
                          "best, go",
                          figure("contended", 2, "vine", contended=50))
        self.assertRegex(said, r"\n  go +-\n")

    def test_bad_targets(self):
        for line in ("pairs * of go", "pairs x of go 1", "pairs * under 3",
                     "pairs 2-4 of go 1", "pairs * at most -1"):
            with self.assertRaisesRegex(ValueError, "t:2: not a target"):
                Targets(self.write("t", f"# head\n{line}  # why\n"))

    def test_relations_name_peers(self):
        peers = {q.name: {"vine", *q.peers} for q in QUESTIONS}
        for name, _, target in Targets().lines:
            if target.peer and "." not in target.peer:
                self.assertIn(target.peer,
                              {"best", *peers[name.split(".")[0]]}, name)


class Written(Case):
    def results(self):
        return self.faked(
            *contended(1, vine=30, go=100), *contended(2, vine=90, go=100),
            figure("contended", 2, "vine", contended=[90, 91],
                   locks=[0.5], switches=[3, 0.00002, 0.00001]),
            figure("yield", 1, "vine", **{"yield": 5.25}))

    def test_markdown(self):
        said = self.run_it("--from", self.results(), "--markdown")
        self.assertIn("- cpu: made up\n", said)
        self.assertIn("| yield | 1 | 5.25 ns | - |", said)
        self.assertIn(
            "| question |  | 1 P | 2 P |\n|---|---|---|---|\n| contended "
            "channel, 8 senders, 8 receivers, ns | vine | 30.0 | 90.0 |\n"
            "|  | go | 100 | 100 |\n|  | boost | - | - |\n", said)
        self.assertIn("|  | vine / go | 0.30 | 0.90 |\n"
                      "|  | target | 0.5 ok | **0.5 missed** |\n", said)
        self.assertIn("| vine, context switches | - | 0.00002 |", said)
        self.assertIn("|  | vine, locks | - | 0.50 |", said)

    def test_busy_machine(self):
        words = "An example only: the machine was busy"
        for busy in {}, {"load at the start": "3.5"}, {"scale": "0.2"}:
            self.machine = dict(Case.machine, **busy)
            said = self.run_it("--from", self.results(), "--markdown")
            (self.assertIn if busy else self.assertNotIn)(words, said)

    def test_page(self):
        page = self.write("page.md", MARKED)
        texts = []
        for _ in range(2):
            self.run_it("--from", self.results(), "--page", page)
            text = self.read("page.md")
            self.assertTrue(text.startswith("before\n<!-- bench/run -->\n- "))
            self.assertTrue(text.endswith("|\n<!-- /bench/run -->\nafter\n"))
            self.assertNotIn("old", text)
            texts.append(text)
        self.assertEqual(*texts)

    def test_plot(self):
        self.write("bin/gnuplot", GNUPLOT, 0o755)
        path = self.path("bin") + ":" + os.environ["PATH"]
        self.run_it("--from", self.results(), "--plot", self.path("plots"),
                    PATH=path)
        self.assertEqual(sorted(os.listdir(self.path("plots"))),
                         ["contended.dat", "contended.gnuplot",
                          "contended.svg"])
        self.assertEqual(self.read("plots/contended.dat"),
                         "# processors vine go\n1 30.0000 100.0000\n"
                         "2 90.0000 100.0000\n")

    def test_choosing(self):
        said = self.run_it("--from", self.results(), "--procs", "2", "--only",
                           "contended")
        self.assertIn("  2 P\n", said)
        self.assertNotIn("  1 P", said)
        self.assertNotIn("yield", said)


class Measured(Case):
    """With a compiler whose programs print what FIGURES says."""

    def setUp(self):
        super().setUp()
        self.write("build/bin/vinecc", COMPILER, 0o755)

    def measure(self, *args, **more):
        return self.run_it(self.path("build"), "--peers", "", *args, **more)

    def test_kept_and_read_back(self):
        out = self.path("out.json")
        said = self.measure("--only", "^tree", "--procs", "1,3", "--rounds",
                            "2", "--json", out, "--scale", "0.01",
                            FIGURES="tree 7.5\\nswitches 0.25\\n")
        again = self.run_it("--from", out)
        self.assertRegex(said, r"\n  vine +7\.50 +7\.50\n")
        self.assertRegex(said, r"\n  vine, locks +2\.00 +2\.00\n")
        self.assertRegex(again, r"\n  vine, futex sleeps +0\.50 +0\.50\n")
        self.assertEqual(
            load(out).figures["tree", 3, "vine"],
            {"tree": [7.5] * 2, "switches": [0.25] * 2, "locks": [2],
             "sleeps": [0.5], "wakes": [0]})
        self.assertEqual(self.read("build/bench/tree.called"),
                         "5000 1\n5000 1\n5000 3\n5000 3\n")

    def test_no_counts(self):
        said = self.measure("--only", "^tree", "--procs", "1", "--no-counts",
                            FIGURES="tree 7.5\\n")
        self.assertNotIn("locks", said)

    def test_own_processors_only(self):
        """A question of one processor isn't asked at another number."""
        self.measure("--only", "^yield|^tree", "--procs", "3",
                     FIGURES="tree 1\\nyield 1\\n")
        self.assertFalse(os.path.exists(self.path("build/bench/yield")))

    def test_a_program_that_fails(self):
        said = self.measure("--only", "^yield", status=2, STATUS="3",
                            FIGURES="yield 1\\n")
        self.assertIn("yield 4000000: status 3\nyield 1", said)
        self.assertNotIn("Traceback", said)

    def test_a_missing_peer(self):
        os.makedirs(self.path("bin"))
        for tool in "python3", "chmod", "cat":
            os.symlink(shutil.which(tool), self.path("bin", tool))
        said = self.run_it(
            self.path("build"), "--peers", "tokio", "--only", "^yield",
            PATH=self.path("bin"), HOME=self.folder, FIGURES="yield 2\\n")
        self.assertRegex(said, r"\nyield .* 2\.00 ns .* - ")
        self.assertIn("\nno tokio: cargo from rustup.rs, and a network for its "
                      "crates\n", said)

    def test_what_was_measured_before_is_kept(self):
        out = self.path("out.json")
        self.measure("--only", "^yield|^tree", "--procs", "1", "--json", out,
                     "--rounds", "1", status=2, FIGURES="yield 1\\n",
                     STATUS="$(case $0 in *tree) echo 4 ;; esac)")
        self.assertEqual(load(out).figures,
                         {("yield", 1, "vine"): {"yield": [1]}})

    def test_a_peer_that_fails(self):
        """pthread's spawn is built by the same compiler, into a path that
        the program knows."""
        said = self.run_it(
            self.path("build"), "--peers", "pthread", "--only", "^spawn",
            "--procs", "1", FIGURES="spawn 2\\n",
            STATUS="$(case $0 in *pthread) echo 4 ;; *) echo 0 ;; esac)")
        self.assertRegex(said, r"\n  vine +2\.00\n")
        self.assertRegex(said, r"\n  threads +-\n")
        self.assertRegex(said, r"\nno spawn by pthread: .*spawn-pthread "
                         r"10000: status 4\n")

    def test_a_program_that_prints_something_else(self):
        said = self.measure("--only", "^yield", status=2, FIGURES="oh no!\\n")
        self.assertIn("yield 4000000: printed 'oh no!'", said)


class Parts(unittest.TestCase):
    def test_names_are_unique(self):
        names = [row.name for q in QUESTIONS for row in q.rows]
        self.assertEqual(len(names), len(set(names)))

    def test_powers(self):
        self.assertEqual(powers_of_two(1), (1,))
        self.assertEqual(powers_of_two(12), (1, 2, 4, 8))
        self.assertEqual(powers_of_two(64), (1, 2, 4, 8, 16))
        self.assertIn(1, MANY)

    def test_best_and_median(self):
        r = Results({})
        for value in (3, 1, 2):
            r.add("tree", 1, "vine", {"tree": value, "switches": value})
        self.assertEqual(r.figure("tree", 1, "vine", "tree"), 1)
        self.assertEqual(r.figure("tree", 1, "vine", "switches"), 2)
        self.assertIsNone(r.figure("tree", 2, "vine", "tree"))


if __name__ == "__main__":
    unittest.main()
