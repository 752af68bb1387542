#!/usr/bin/env python3
"""Count the four calls' own code.

    tools/sloc.py [--root FOLDER] [--limit N] [--quiet]

Counted is what would go if the calls went: files that exist only for them, whole, and
single functions and tables of other files, with their heads.  The calls are made of verbs
of the page cache and the page tables; verbs that nothing else needs are counted apart.  A
function that something else needs too is not counted (pcache_give() names every page of
the cache, ra_start() serves every read miss, fsync uses the body of fdatasync_area), nor
is the line here and there in which another one knows about MAP_UNCACHED.

A line of code is a statement, a declaration, or the head of a function or of if, for,
while, switch and case: one that is broken over two lines counts once; comments, lone
braces, else, and #include do not count.  So the layout of the source makes no
difference.  The lines of text that are neither blank nor comment, braces and all, are
printed too.

Exit status 1 if there are more than N without the verbs, or if one of the names is not there.
"""

import argparse
import re
import sys
from pathlib import Path

# File, and the functions and tables in it; none: the whole file.
OWN = {
    "mwrite": {
        "kernel/sys/magpie.c": ["LENGTH_MAX", "check_move", "move_pages", "sys_mwrite"],
        "mm/space/mwrite.c": [],
        "mm/space/mwrite_give.c": [],
        "mm/space/move.h": [],
        "mm/space/pager_take.c": [],
        "mm/space/pager_take.h": [],
    },
    "mmap(MAP_UNCACHED)": {
        "mm/space/pager_file.c": ["uncached_fault", "pager_uncached"],
        "mm/space/space.c": ["alignment"],
    },
    "readahead": {
        "kernel/sys/magpie.c": ["sys_readahead"],
    },
    "fdatasync_area": {
        "kernel/sys/magpie.c": ["sys_fdatasync_area"],
    },
}
VERBS = {
    "verbs that only they use": {
        "mm/cache/take.c": ["steal_obstacle", "pcache_steal", "idle_from", "pcache_replace"],
        "mm/phys/pagetable_range.c": ["detach_piece", "pt_detach"],
        "mm/phys/pagetable.c": ["pt_reattach"],
    },
}


def physical(text):
    """The lines that are neither blank nor comment."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*", lambda m: "\n" * m[0].count("\n"), text, flags=re.S)
    return [line for line in text.splitlines() if line.strip()]


def logical(lines):
    """How many statements, declarations and heads there are in these lines."""
    text = "\n".join(line for line in lines if not line.startswith("#"))
    found = sum(line.startswith("#define") for line in lines)
    word, depth, values = "", 0, 0
    for c in re.sub(r'"(?:\\.|[^"\\])*"', '""', text):
        depth += {"(": 1, ")": -1}.get(c, 0)
        if c == "{" and (values or begins_values(word)):
            values += 1
        elif c == "}" and values:
            values -= 1
        elif c in "{};" and depth == 0 and not values:
            found += bool(re.sub(r"\b(else|do)\b", "", word).strip())
            word = ""
            continue
        word += c
    return found


def begins_values(word):
    """Is the brace after this that of an initialiser or an enumeration, not of a block?"""
    return bool(re.search(r"=\s*(\([^()]*\)\s*)?$|^\s*enum\b[\s\w]*$", word))


def definition(lines, name):
    """The lines of one function, table or #define; none if it is not there."""
    for at, line in enumerate(lines):
        if re.match(rf"#define {name}\b", line):
            return [line]
        if re.match(rf"[A-Za-z_].*\b{name}( = \{{|\()", line):
            body = lines[at:]
            end = next((n for n, l in enumerate(body) if l in ("}", "};") or l.endswith(");")
                        and not l[0].isspace()), None)
            if end is not None and body[end] in ("}", "};"):
                return body[:end + 1]
    return []


class Count:
    """The sums over one of the lists."""

    def __init__(self, root, parts, show):
        self.code = self.text = 0
        self.missing = []
        for title, files in parts.items():
            counts = {file: self.count(root, file, names) for file, names in files.items()}
            self.code += sum(counts.values())
            if show:
                print(f"{sum(counts.values()):>5}  {title}")
                for file, count in counts.items():
                    print(f"{count:>12}  {file}{': ' if files[file] else ''}"
                          f"{', '.join(files[file])}")

    def count(self, root, file, names):
        lines = physical((root / file).read_text(encoding="utf-8"))
        parts = [definition(lines, name) for name in names] if names else [lines]
        self.missing += [f"{file}: no {name}" for name, p in zip(names, parts) if not p]
        self.text += sum(map(len, parts))
        return sum(map(logical, parts))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path("."))
    parser.add_argument("--limit", type=int, default=400)
    parser.add_argument("--quiet", action="store_true", help="only the sum")
    args = parser.parse_args()

    own = Count(args.root, OWN, not args.quiet)
    verbs = Count(args.root, VERBS, not args.quiet)
    print(f"the four calls: {own.code} lines of code, at most {args.limit}; {verbs.code} of verbs"
          f" that only they use; {own.text + verbs.text} lines of text in all, with braces")
    missing = own.missing + verbs.missing
    for words in missing:
        print(f"sloc: {words}", file=sys.stderr)
    return 1 if missing or own.code > args.limit else 0


if __name__ == "__main__":
    sys.exit(main())
