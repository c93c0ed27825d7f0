#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""snippets_test.py VINECC SOURCE: the documentation's programs work.

Every whole program (it has a main) in README.md, docs/guide and the EXAMPLES of
docs/man is compiled with -Wall -Wextra -Werror and run, plainly and under
VINEDEBUG=move=1,fault=1. In Markdown, a ```text block behind it is what it
prints; without one only its exit status is looked at."""
import glob
import os
import re
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```c\n(.*?)^```\n(?:\s*(?: {4}\$.*\n\s*)?^```text\n"
                   r"(.*?)^```$)?", re.M | re.S)
MODES = "", "move=1,fault=1"


def from_markdown(text):
    for code, output in BLOCK.findall(text):
        yield code, output or None


def from_man(text):
    for code in re.findall(r"^\.nf\n(.*?)^\.fi$", text, re.M | re.S):
        code = re.sub(r"\\f.|\\&", "", code)
        yield code.replace("\\e", "\\").replace("\\-", "-"), None


def programs(source):
    pages = ["README.md"] + sorted(glob.glob("docs/guide/*.md", root_dir=source))
    pages += sorted(glob.glob("docs/man/*", root_dir=source))
    for page in pages:
        with open(os.path.join(source, page), encoding="utf-8") as f:
            text = f.read()
        found = from_markdown(text) if page.endswith(".md") else from_man(text)
        for code, output in found:
            if re.search(r"^int main\(", code, re.M):
                yield page, code, output


def check(vinecc, folder, page, code, output):
    """What is wrong with it, or None."""
    # Manual pages leave out what is plain.
    if "#include" not in code:
        code = "#include <stdio.h>\n#include <vine.h>\n" + code
    path = os.path.join(folder, "p.c")
    with open(path, "w", encoding="utf-8") as f:
        f.write(code)
    program = os.path.join(folder, "p")
    out = subprocess.run(
        [vinecc, "-O1", "-Wall", "-Wextra", "-Werror", path, "-o", program],
        capture_output=True, text=True, check=False)
    if out.returncode:
        return f"{page}: doesn't compile:\n{out.stderr}\n{code}"
    for mode in MODES:
        out = subprocess.run([program], capture_output=True, text=True,
                             env=dict(os.environ, VINEDEBUG=mode), check=False,
                             timeout=60)
        if out.returncode:
            return f"{page}: status {out.returncode}:\n{out.stderr}\n{code}"
        if output is not None and out.stdout != output:
            return f"{page}: prints\n{out.stdout}and not\n{output}"
    return None


def main():
    vinecc, source = sys.argv[1:]
    count, failed = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for page, code, output in programs(source):
            problem = check(vinecc, folder, page, code, output)
            count += 1
            if problem:
                failed += 1
                print(problem)
    print(f"{count} programs, {failed} failed")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
