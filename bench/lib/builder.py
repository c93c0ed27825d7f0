# SPDX-License-Identifier: MIT
"""Builds each program once, Vine's and its peers', into BUILD/bench.

A program is a command, a list; None where the peer can't be had here. Then
`missing` says how to get it."""

import os
import shutil
import subprocess

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
SERVERS = ("echo", "http")
COUNTED = ("vine__lock_acquire", "vine__lock_try_acquire", "vine__lock_adopt",
           "vine__os_futex_wait", "vine__os_sleep", "vine__os_futex_wake")
HOW_TO_GET = {
    "go": "apt-get install golang-go, or go.dev/dl",
    "boost": "apt-get install libboost-fiber-dev",
    "tokio": "cargo from rustup.rs, and a network for its crates",
    "flume": "cargo from rustup.rs, and a network for its crates",
}


class Failed(Exception):
    """What was run didn't work; the words are for the user."""


def find(tool, *more):
    path = shutil.which(tool)
    for p in more:
        if not path and os.access(p, os.X_OK):
            path = p
    return path


def call(*command, env=None, cwd=HERE):
    r = subprocess.run(command, cwd=cwd, env=env, capture_output=True,
                       text=True, check=False)
    if r.returncode != 0:
        raise Failed(f"{' '.join(command)}\n{r.stdout}{r.stderr}".rstrip())
    return r.stdout


def newer(target, *sources):
    return os.path.exists(target) and all(
        os.path.getmtime(s) <= os.path.getmtime(target) for s in sources)


class Builder:
    def __init__(self, build):
        self.vinecc = os.path.abspath(os.path.join(build, "bin", "vinecc"))
        if not os.access(self.vinecc, os.X_OK):
            raise Failed(f"no {os.path.join(build, 'bin', 'vinecc')}: run "
                         "make first")
        self.out = os.path.join(os.path.abspath(build), "bench")
        os.makedirs(self.out, exist_ok=True)
        self.go_tool = find("go", "/usr/local/go/bin/go")
        self.cargo = find("cargo", os.path.expanduser("~/.cargo/bin/cargo"))
        self.done, self.missing, self.failed = {}, {}, {}

    def program(self, peer, name):
        """The command that runs a program as a peer."""
        key = peer, name
        if key not in self.done:
            make = getattr(self, "build_" + peer)
            self.done[key] = make(name)
            if self.done[key] is None:
                self.missing.setdefault(peer, HOW_TO_GET[peer])
        return self.done[key]

    def fail(self, peer, name, error):
        """A program was built, but doesn't work."""
        self.failed[peer, name] = str(error).splitlines()[0]

    def has_failed(self, peer, name):
        return (peer, name) in self.failed

    def problems(self):
        """Lines on what is missing, and on what failed."""
        return [f"no {peer}: {how}"
                for peer, how in sorted(self.missing.items())] + [
                    f"no {name} by {peer}: {what}"
                    for (peer, name), what in sorted(self.failed.items())]

    def path(self, name, suffix=""):
        return os.path.join(self.out, name + suffix)

    def behind_client(self, name, program):
        """The command that asks a program: a server has a client."""
        if name not in SERVERS:
            return [program]
        return self.program("client", "tcp_load") + [name, program]

    # --- Vine ---

    def build_vine(self, name):
        out = self.path(name)
        call(self.vinecc, "-O2", name + ".c", *self.vine_extra(name), "-o",
             out)
        return self.behind_client(name, out)

    def vine_extra(self, name):
        lib = self.path(name, "_lib.o")
        plain = [self.vinecc, "-O2", "-fno-vine", "-c", "-o", lib]
        if name == "foreign":
            call(*plain, "-DFOREIGN", "foreign_lib.c")
            return ["foreign_lib.c", lib]
        if name == "blocked":
            call(*plain, "blocked_lib.c")
            return [lib]
        return ["switch_peer.S"] if name == "switch" else []

    def build_counted(self, name):
        """The same, with counts.c before the runtime."""
        counts, out = self.path("counts.o"), self.path(name, "-counted")
        call(self.vinecc, "-O2", "-fno-vine", "-c", "counts.c", "-o", counts)
        call(self.vinecc, "-O2", "-DBENCH_COUNTS", name + ".c", counts,
             *(f"-Wl,--wrap={f}" for f in COUNTED), "-o", out)
        return [out]

    # --- threads ---

    def plain(self, source, out):
        call(self.vinecc, "-O2", source, "-pthread", "-o", out,
             env=dict(os.environ, VINE_OFF="1"))
        return out

    def build_client(self, name):
        return [self.plain(name + ".c", self.path(name))]

    def build_epoll(self, name):
        out = self.plain(f"epoll/{name}.c", self.path(name, "-epoll"))
        return self.behind_client(name, out)

    def build_pthread(self, name):
        out = self.path(name, "-pthread")
        if name in SERVERS:  # the very same source
            return self.behind_client(name, self.plain(name + ".c", out))
        call(self.vinecc, "-O2", "-fno-vine", f"pthread/{name}.c", "-pthread",
             "-o", out)
        return [out]

    # --- Go ---

    def build_go(self, name):
        if not self.go_tool:
            return None
        out = self.path(name, "-go")
        sources = [os.path.join(HERE, "go", f)
                   for f in ("common.go", name + ".go")]
        if not newer(out, *sources) and not self.go_compiles(name, out,
                                                             sources):
            return None
        return self.behind_client(name, out)

    def go_compiles(self, name, out, sources):
        env = dict(os.environ, GOFLAGS="-mod=mod", CGO_ENABLED="0")
        if name != "foreign":
            call(self.go_tool, "build", "-o", out, *sources, env=env,
                 cwd=self.out)
            return True
        env["CGO_ENABLED"] = "1"
        env["CC"] = find("gcc") or find("clang-19") or "cc"
        try:
            call(self.go_tool, "build", "-o", out, *sources, env=env,
                 cwd=self.out)
        except Failed:  # cgo may lack a C compiler
            return False
        return True

    # --- Boost.Fiber ---

    def build_boost(self, name):
        cxx, out = find("g++", "/usr/bin/c++"), self.path(name, "-boost")
        header = "/usr/include/boost/fiber/all.hpp"
        source = os.path.join(HERE, "boost", name + ".cpp")
        if not cxx or not os.path.exists(header):
            return None
        if not newer(out, source, os.path.join(HERE, "boost", "fibers.h")):
            call(cxx, "-O2", "-std=c++17", source, "-pthread",
                 "-lboost_fiber", "-lboost_context", "-o", out)
        return [out]

    # --- Rust: one program has all questions, and both peers ---

    def build_tokio(self, name):
        return self.rust("tokio", name)

    def build_flume(self, name):
        return self.rust("flume", name)

    def rust(self, peer, name):
        if "crate" not in self.done:
            self.done["crate"] = self.cargo and self.build_crate()
        return self.done["crate"] and [self.done["crate"], peer, name]

    def build_crate(self):
        """In a copy, since cargo writes beside its sources. None, and the
        reason among the missing, if the crates can't be had."""
        crate = self.path("rust")
        shutil.copytree(os.path.join(HERE, "rust"), crate, dirs_exist_ok=True)
        try:
            call(self.cargo, "build", "--release", "--quiet", cwd=crate)
        except Failed as e:
            reason = str(e).splitlines()[-1].strip()
            for peer in ("tokio", "flume"):
                self.missing[peer] = f"{HOW_TO_GET[peer]} ({reason})"
            return None
        return os.path.join(crate, "target", "release", "bench")
