# SPDX-License-Identifier: MIT
"""What a measurement was made with: it means little without. Words, by name;
a peer's version has the peer's name."""

import datetime
import os
import platform
import re

from .builder import Failed, call


def cpu():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        match = re.search(r"^model name\s*:\s*(.*)$", f.read(), re.M)
    return match.group(1) if match else platform.machine()


def boost():
    path = "/usr/include/boost/version.hpp"
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as f:
        match = re.search(r'BOOST_LIB_VERSION "([\d_]+)"', f.read())
    return match and "Boost.Fiber " + match.group(1).replace("_", ".")


def first_line(*command):
    try:
        return call(*command).splitlines()[0]
    except (Failed, OSError, IndexError):
        return None


def crates(builder):
    """Versions of the crates, from what cargo has chosen for BUILD's copy."""
    lock = os.path.join(builder.path("rust"), "Cargo.lock")
    if not os.path.exists(lock):
        return {}
    with open(lock, encoding="utf-8") as f:
        found = re.findall(r'^name = "(tokio|flume)"\nversion = "(.*)"',
                           f.read(), re.M)
    return {name: f"{name} {version}" for name, version in found}


def describe(builder, options):
    words = {
        "cpu": cpu(),
        "processors": str(len(os.sched_getaffinity(0))),
        "kernel": f"{platform.system()} {platform.release()}",
        "load at the start": f"{os.getloadavg()[0]:.1f}",
        "date": datetime.date.today().isoformat(),
        "time": "processor" if options.cpu else "wall",
        "rounds": str(options.rounds),
        "scale": f"{options.scale:g}",
        "vine": first_line(builder.vinecc, "--vine-version"),
        "clang": first_line(builder.vinecc, "--version"),
        "go": builder.go_tool and first_line(builder.go_tool, "version"),
        "boost": boost(),
        "rustc": first_line("rustc", "--version"),
        "libc": " ".join(platform.libc_ver()),
    }
    return {k: v for k, v in words.items() if v}


def is_quiet(machine):
    """Whether its times are more than an example."""
    return float(machine.get("load at the start", 0)) < 0.5 and \
        float(machine.get("scale", 1)) >= 1


def lines(machine):
    """For people: name and value."""
    return [f"{k}: {v}" for k, v in machine.items()]
