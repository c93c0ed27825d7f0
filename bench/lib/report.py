# SPDX-License-Identifier: MIT
"""Puts together what is asked for: text as figures come, and in the end the
pictures and the page."""

import os

from . import machine, markdown, plot, tables, text
from .builder import Failed


class Report:
    def __init__(self, options, judge):
        self.options, self.judge = options, judge
        self.is_text = not options.markdown
        self.lines, self.blocks, self.many = [], [], []
        if self.is_text:
            text.put("\n".join(machine.lines(judge.results.machine)))
            text.put()

    def question(self, question, procs):
        if not question.is_many:
            for n in procs:
                self.add_lines(question, n)
            return
        self.many.append(question)
        self.blocks.append(tables.block(self.judge, question, procs))
        if self.is_text:
            text.put_block(self.blocks[-1])

    def add_lines(self, question, procs):
        new = list(tables.lines(self.judge, question, procs))
        if self.is_text:
            if not self.lines:
                text.heading()
            for line in new:
                text.put_line(line.cells)
        self.lines += new

    def finish(self):
        options, results = self.options, self.judge.results
        content = markdown.whole(results, self.lines, self.blocks)
        if options.plot:
            for q in self.many:
                plot.draw(results, q, options.plot)
        if options.page:
            write_page(options.page, content)
        if options.markdown:
            print(content, end="")


def write_page(path, content):
    with open(path, encoding="utf-8") as f:
        page = markdown.into_page(content, f.read())
    with open(path, "w", encoding="utf-8") as f:
        f.write(page)


def check_places(options):
    """That all can be written, before minutes of measuring."""
    try:
        if options.plot:
            plot.tool()
            os.makedirs(options.plot, exist_ok=True)
        if options.json:
            with open(options.json, "a", encoding="utf-8"):
                pass
        if options.page:
            with open(options.page, encoding="utf-8") as f:
                markdown.into_page("", f.read())
    except OSError as e:
        raise Failed(f"{e.filename}: {e.strerror}") from e
    except ValueError as e:
        raise Failed(f"{options.page}: {e}") from e
