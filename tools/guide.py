#!/usr/bin/env python3
"""A guide whose commands are executed: docs/walk.md.

    tools/guide.py docs/walk.md         execute every command and renew what the guide shows

In blocks between ``` lines, a line "$ make gdb" or "$ make gdb-reverse" begins a session, a line
"(gdb) COMMAND" is typed in it, and what follows is the answer.  tests/test_walk.py executes the
same and compares, with masked() for what may differ from one build to the next.
"""

import re
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
PROMPT = "(gdb) "
SESSIONS = {"$ make gdb": ["--icount"], "$ make gdb-reverse": ["--reverse"]}
MARK = "@@ answer @@"


class Step:
    """A command, and the lines of the document that show its answer: [first, end)."""

    def __init__(self, command, first):
        self.command, self.first, self.end = command, first, first


def parse(lines):
    """[(words for tools/magpie gdb, steps)]"""
    sessions, inside, step = [], False, None
    for k, line in enumerate(lines):
        if line.startswith("```"):
            inside, step = not inside, None
        elif inside and line in SESSIONS:
            sessions.append((SESSIONS[line], []))
        elif inside and line.startswith(PROMPT):
            step = Step(line[len(PROMPT):], k + 1)
            sessions[-1][1].append(step)
        elif inside and step:
            step.end = k + 1
    return sessions


def execute(words, steps):
    """The answers, a list of lines for each step.  "quit" is only written: who goes has none."""
    command = [TOP / "tools/magpie", "gdb", *words]
    typed = [step for step in steps if step.command != "quit"]
    for step in typed:
        command += ["--ex", f"echo {MARK}\\n", "--ex", step.command]
    done = subprocess.run(command, cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=120, check=False)
    parts = done.stdout.decode(errors="replace").split(f"{MARK}\n")[1:]
    answers = [[line.rstrip().expandtabs() for line in part.strip("\n").splitlines()
                if not line.startswith("qemu-system-i386: warning:")] for part in parts]
    answers = answers[:len(typed) - 1] + [last_answer(answers[-1])] if answers else []
    for k, step in enumerate(steps):
        if step not in typed:
            answers.insert(k, [])
    return answers


def last_answer(lines):
    """Without what comes of GDB's going: the machine may run on for a moment."""
    ends = [k for k, line in enumerate(lines) if re.match(r"\[Inferior .* detached\]", line)]
    return lines[:ends[0]] if ends else lines


# What the next build, a longer source, another compiler or its cc1 changes.
MASKS = [(re.compile(what, re.MULTILINE), mask) for what, mask in (
    (r"^(0x[0-9a-f]+ +)?\d+ {4,}.*", "a line of the source"),
    (r"\b0x[0-9a-f]+\b|^[0-9a-f]{16}(?=:)", "0x?"),
    (r"^(#\d+ +)?0x\? in (?=\w)", r"\1"),
    (r"(?<=[(, ])(\w+)=(\.\.\.|<optimized out>|[^,)]*)(?=[,)])", r"\1=?"),
    (r"(?<= at )[\w./]+:\d+|(?<= file )\S+, line \d+|(\.[ch]):\d+", r"\1:?"),
    (r"\bblock \d+", "block ?"),
    (r"\b(sleeping|runnable)\b", "alive"),
    (r"^(\w+) \d+ (?=\(\+)", r"\1 ? "),
    (r"remembered: \d+", "remembered: ?"),
    (r"\d+ bytes, \d+ pages", "? bytes"),
    (r"^(the disk's metadata): .*", r"\1"),
    (r" +", " "))]


def masked(lines):
    """As two answers to the same command are compared: without addresses, frames, blocks, lines
    of the source, values of arguments, who waits for his turn, what a counter had before, and the
    size of /data/big."""
    text = "\n".join(lines)
    for what, mask in MASKS:
        text = what.sub(mask, text)
    return text.splitlines()


def renew(path):
    lines = path.read_text().splitlines()
    for words, steps in reversed(parse(lines)):
        answers = execute(words, steps)
        if len(answers) != len(steps):
            sys.exit(f"{path}: {len(steps)} commands, {len(answers)} answers")
        for step, answer in reversed(list(zip(steps, answers))):
            lines[step.first:step.end] = answer
    path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    renew(Path(sys.argv[1]))
