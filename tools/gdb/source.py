"""Lines of the kernel's source, found by what they say: numbers would grow old.

Read next: why.py
"""

import re
from functools import lru_cache
from pathlib import Path

from machine import Complaint, number

TOP = Path(__file__).resolve().parent.parent.parent


class Line:
    """The line of @function in @file that contains @says."""

    def __init__(self, file, function, says):
        self.file, self.function, self.says = file, function, says

    def find(self):
        """(number, text); complains when the source has moved on without us."""
        lines = (TOP / self.file).read_text().splitlines()
        begins = re.compile(rf"[a-z].*\b{self.function}\(.*[^;]$")
        start = next((k for k, line in enumerate(lines) if begins.match(line)), None)
        for k in range(start or 0, len(lines)):
            if start is not None and self.says in lines[k]:
                return k + 1, lines[k].strip()
            if lines[k] == "}" and start is not None:
                break
        raise Complaint(f"{self.file}: no \"{self.says}\" in {self.function}()")

    def __str__(self):
        number, text = self.find()
        return f"{self.file}:{number}  {self.function}(): {text}"


@lru_cache(maxsize=None)
def constant(file, name):
    """The value of a #define in @file: macros are in no debug information at a user's address."""
    found = re.search(rf"(?m)^#define {name}\s+(.*?)\s*(?:/\*.*)?$", (TOP / file).read_text())
    if not found:
        raise Complaint(f"{file}: no #define {name}")
    return number(found[1])
