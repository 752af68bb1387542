#!/usr/bin/env python3
"""Check the rules of the floors, and print the size table.

    tools/layers.py [--root FOLDER] [--objects FOLDER] [--cross PREFIX] [--quiet]

A file may include and call its own floor and the floors below, never up, and the two
halves of floor 4 do not know each other.  Checked are
  1. include lines, which name the floor because they are paths from the root;
  2. the undefined symbols of each object against the floor of the object that
     defines them, which also catches a prototype written by hand;
  3. casts from integers to pointers: only where addresses are made;
  4. no "extern" in a .c file, a way around 1;
  5. inline assembly only in kernel/x86;
  6. each header compiles alone.
Exit status 1 if a rule is broken.  The size table is for information only.
"""

import argparse
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

# The longest matching prefix counts.
FLOORS = {
    "kernel/lib/": 0,
    "kernel/x86/": 1,
    "kernel/": 2,
    "mm/phys/": 3,
    "mm/cache/": 4,
    "drivers/": 4,
    "mm/space/": 5,
    "fs/": 6,
    "kernel/proc/": 7,
    "kernel/sys/": 8,
    "build/gen/": 8,            # the system call table
    "boot/": 9,
}
HALVES = ("mm/cache/", "drivers/")

# Functions declared on a low floor and defined above on purpose.
DOORS = {
    "check_failed": "a failed ASSERT anywhere ends in panic (kernel/lib/check.h)",
    "memcpy": "the compiler's name for a copy (kernel/x86/string.c)",
    "memset": "the same, to fill",
    "__udivdi3": "the compiler's name for a 64-bit / (kernel/x86/divide.c)",
    "__umoddi3": "the compiler's name for a 64-bit %",
    "__divdi3": "the same with signs",
    "__udivmoddi4": "the same with the rest",
}

# Where addresses are made: the only places with casts from integers to pointers.
CAST_PLACES = ("mm/phys/frame.h", "mm/phys/pagetable.c", "kernel/x86/")

ASSEMBLER_PLACES = ("kernel/x86/", "boot/")

COMPILER_HEADERS = {"limits.h", "stdarg.h", "stdbool.h", "stddef.h", "stdint.h"}


def floor(path):
    """The floor of a path from the root, or None outside the building."""
    matching = [prefix for prefix in FLOORS if path.startswith(prefix)]
    return FLOORS[max(matching, key=len)] if matching else None


def reachable(user, used):
    """May the file @user know the file @used?"""
    if floor(used) is None or floor(used) > floor(user):
        return False
    return not any(user.startswith(a) and used.startswith(b)
                   for a in HALVES for b in HALVES if a != b)


def said(user, used):
    return (f"floor {floor(user)} must not reach {used}"
            f" (floor {floor(used) if floor(used) is not None else 'none'})")


def without_comments(text):
    """Comments and strings blanked out, line numbers kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'',
                  blank, text, flags=re.S)


class Tree:
    def __init__(self, root, objects, cross):
        self.root = root
        self.objects = objects
        self.cross = cross
        self.broken = []
        self.files = sorted(
            p.relative_to(root).as_posix()
            for top in {prefix.split("/")[0] for prefix in FLOORS} - {"build"}
            for p in (root / top).rglob("*") if p.suffix in (".c", ".h", ".asm"))
        self.text = {f: (root / f).read_text(encoding="utf-8") for f in self.files}

    def complain(self, where, what):
        self.broken.append(f"{where}: {what}")

    # ---- 1 -----------------------------------------------------------------------

    def includes(self):
        for name, text in self.text.items():
            for at, line in enumerate(text.splitlines(), 1):
                match = re.match(r'\s*[#%]\s*include\s+([<"])([^>"]+)', line)
                if not match:
                    continue
                used = match[2]
                if match[1] == "<":
                    if used not in COMPILER_HEADERS:
                        self.complain(f"{name}:{at}", f"<{used}> is not for a kernel")
                elif not reachable(name, used):
                    self.complain(f"{name}:{at}", said(name, used))

    # ---- 2 -----------------------------------------------------------------------

    def symbols(self):
        """Objects lie in the objects folder under their source's path plus ".o"."""
        defined, wanted = {}, []
        sources = [f for f in self.files if (self.objects / (f + ".o")).exists()]
        for source in sources:
            done = subprocess.run([f"{self.cross}nm", self.objects / (source + ".o")],
                                  capture_output=True, text=True, check=True)
            for line in done.stdout.splitlines():
                kind, symbol = line.split()[-2:]
                if kind == "U":
                    wanted.append((source, symbol))
                elif kind.isupper():
                    defined[symbol] = source
        for source, symbol in wanted:
            used = defined.get(symbol)      # else the linker script's
            if used and symbol not in DOORS and not reachable(source, used):
                self.complain(source, f"{symbol}(): {said(source, used)}")
        return len(sources)

    # ---- 3 -----------------------------------------------------------------------

    def casts(self):
        """A 64-bit compiler warns when a 32-bit number becomes a pointer, and every
        address type of the kernel has 32 bits.  (Its other complaints, about
        structures of the wrong size, are beside the point.)  A cast through a wider
        integer would escape, so those are looked for in the text."""
        sources = [f for f in self.files if f.endswith(".c")]

        def compile_for_64_bits(source):
            return subprocess.run(
                ["gcc", "-m64", "-std=gnu11", "-fsyntax-only", "-ffreestanding",
                 "-I.", source], cwd=self.root, capture_output=True, text=True,
                check=False).stderr

        with ThreadPoolExecutor() as pool:
            output = "".join(pool.map(compile_for_64_bits, sources))
        found = set(re.findall(r"(?m)^(\S+?:\d+):\d+: warning: .*"
                               r"\[-Wint-to-pointer-cast\]", output))
        wide = re.compile(r"\*\s*\)\s*\(?\s*\(\s*(?:u?intptr_t|size_t|(?:unsigned )?long)\b")
        for name, text in self.text.items():
            for at, line in enumerate(without_comments(text).splitlines(), 1):
                if wide.search(line):
                    found.add(f"{name}:{at}")
        for where in sorted(found):
            if not where.startswith(CAST_PLACES):
                self.complain(where, "a number becomes a pointer; frame_data() does that")

    # ---- 4, 5 ----------------------------------------------------------------------

    def words(self):
        for name, text in self.text.items():
            if name.endswith(".asm"):
                if not name.startswith(ASSEMBLER_PLACES):
                    self.complain(name, "assembly outside kernel/x86")
                continue
            for at, line in enumerate(without_comments(text).splitlines(), 1):
                if name.endswith(".c") and re.search(r"\bextern\b", line):
                    self.complain(f"{name}:{at}", "extern in a .c file")
                if (re.search(r"\b(?:__asm__|__asm|asm)\b", line)
                        and not name.startswith("kernel/x86/")):
                    self.complain(f"{name}:{at}", "inline assembly outside kernel/x86")

    # ---- 6 -----------------------------------------------------------------------

    def headers(self):
        def compile_alone(header):
            done = subprocess.run(
                [f"{self.cross}gcc", "-std=gnu11", "-Wall", "-fsyntax-only",
                 "-ffreestanding", "-I.", "-x", "c", "-include", header, "/dev/null"],
                cwd=self.root, capture_output=True, text=True, check=False)
            return header, done.stderr if done.returncode else ""

        with ThreadPoolExecutor() as pool:
            for header, errors in pool.map(
                    compile_alone, [f for f in self.files if f.endswith(".h")]):
                if errors:
                    first = next((e for e in errors.splitlines() if "error" in e), errors)
                    self.complain(header, f"does not compile alone: {first}")

    # ---- sizes ---------------------------------------------------------------------

    def functions(self, name):
        """(name, lines) of each function, from the line of its name to its brace."""
        start = None
        lines = self.text[name].splitlines()
        for at, line in enumerate(lines):
            match = re.match(r"[A-Za-z_].*?(\w+)\(", line)
            if match and not line.rstrip().endswith(";"):
                start = (match[1], at)
            elif line == "}" and start:
                yield start[0], at - start[1] + 1
                start = None
            elif line.startswith("}"):
                start = None

    def size_table(self):
        print(f"{'floor':>5}  {'':12} {'files':>5} {'lines':>6} {'median':>6} {'largest':>7}")
        for prefix, number in sorted(FLOORS.items(), key=lambda item: item[1]):
            sizes = [self.text[f].count("\n") for f in self.files
                     if f.startswith(prefix) and floor(f) == number]
            if sizes:
                print(f"{number:>5}  {prefix:12} {len(sizes):>5} {sum(sizes):>6}"
                      f" {median(sizes):>6.0f} {max(sizes):>7}")
        sizes = [text.count("\n") for text in self.text.values()]
        print(f"{'':5}  {'all':12} {len(sizes):>5} {sum(sizes):>6}"
              f" {median(sizes):>6.0f} {max(sizes):>7}")
        lengths = [(lines, f"{function}() in {name}") for name in self.files
                   if name.endswith(".c") for function, lines in self.functions(name)]
        if lengths:
            print(f"{len(lengths)} functions, median"
                  f" {median(n for n, _ in lengths):.0f} lines")
        for name, text in self.text.items():
            if text.count("\n") > 300:
                print(f"  long file: {name}, {text.count(chr(10))} lines")
        for lines, function in sorted(lengths, reverse=True):
            if lines > 50:
                print(f"  long function: {function}, {lines} lines")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path("."))
    parser.add_argument("--objects", type=Path, default=Path("build/obj"))
    parser.add_argument("--cross", default="i686-linux-gnu-")
    parser.add_argument("--quiet", action="store_true", help="no size table")
    args = parser.parse_args()

    tree = Tree(args.root, args.objects, args.cross)
    tree.includes()
    objects = tree.symbols()
    tree.casts()
    tree.words()
    tree.headers()
    if not args.quiet:
        tree.size_table()
    for complaint in tree.broken:
        print(complaint, file=sys.stderr)
    print(f"floors: {len(tree.files)} files and {objects} objects checked,"
          f" {len(tree.broken)} rules broken")
    return 1 if tree.broken else 0


if __name__ == "__main__":
    sys.exit(main())
