"""Lines of the kernel's source, found by what they say: numbers would grow old.

Read next: why.py
"""

import re
from functools import lru_cache
from pathlib import Path

from machine import Complaint, number

TOP = Path(__file__).resolve().parent.parent.parent


def functions(lines):
    """[(name, first, end)] of the functions whose source is @lines: they begin in column 0 and
    end with a brace there."""
    begin, name = None, None
    for k, line in enumerate(lines):
        found = re.match(r"[a-z][\w *]*?\b(\w+)\(", line)
        if found and not line.rstrip().endswith(";"):
            begin, name = k, found[1]
        elif line == "}" and name:
            yield name, begin, k
            name = None


class Line:
    """The line in @file that @says something, a regular expression: in @function, or, if that
    has been taken apart since, in the first function that has it."""

    def __init__(self, file, function, says):
        self.file, self.function, self.says = file, function, says

    def find(self):
        """(number, function, text); complains when the source has moved on without us."""
        lines = (TOP / self.file).read_text().splitlines()
        says = re.compile(self.says)
        for name, begin, end in sorted(functions(lines), key=lambda f: f[0] != self.function):
            for k in range(begin + 1, end):
                if says.search(lines[k]):
                    return k + 1, name, lines[k].strip()
        raise Complaint(f"{self.file}: no \"{self.says}\", not in {self.function}() nor elsewhere")

    def __str__(self):
        number, function, text = self.find()
        return f"{self.file}:{number}  {function}(): {text}"


@lru_cache(maxsize=None)
def constant(file, name):
    """The value of a #define in @file: macros are in no debug information at a user's address."""
    found = re.search(rf"(?m)^#define {name}\s+(.*?)\s*(?:/\*.*)?$", (TOP / file).read_text())
    if not found:
        raise Complaint(f"{file}: no #define {name}")
    return number(found[1])
