"""What tools/magpie bench measured, told to people: the README's section and docs/performance.md.

Both are made of docs/bench/bench.tsv and profile.tsv and of nothing else, so a figure there is
never typed; a test makes them again and compares.
"""

import csv
import re
from collections import defaultdict
from pathlib import Path

from magpie_image import Failure

TOP = Path(__file__).resolve().parent.parent
KEPT = TOP / "docs/bench"
BEGIN, END = "<!-- made by tools/magpie bench: {} -->", "<!-- end -->"

FOUR = "four:4096"      # the four calls by the best window, 4 MiB: what an entry of the directory covers
METHODS = [             # (bench's word, label, how often the processor copies each byte)
    (FOUR + ":{}:{}:cold", "**the four calls**, window 4 MiB", 0),
    ("direct:64:{}:{}:cold", "O_DIRECT, 64 KiB, buffer there before", 0),
    ("direct:1024:{}:{}:cold", "O_DIRECT, 1 MiB, buffer there before", 0),
    ("direct:4096:{}:{}:cold", "O_DIRECT, 4 MiB, buffer there before", 0),
    ("read-write:4:{}:{}:cold", "read/write, 4 KiB", 2),
    ("read-write:64:{}:{}:cold", "read/write, 64 KiB", 2),
    ("read-write:1024:{}:{}:cold", "read/write, 1 MiB", 2),
    ("mmap-write:1024:{}:{}:cold", "mmap + write, 1 MiB", 1),
    ("sendfile:1024:{}:{}:cold", "sendfile, 1 MiB", 1),
    ("copy_file_range:1024:{}:{}:cold", "copy_file_range, 1 MiB", 1),
    ("splice:1024:{}:{}:cold", "splice, 1 MiB", 1),
]

COPY_TARGETS = [        # (what, section, key, at most)
    *[(f"ramdisk, above the device, {size} MiB, {dest}", "copy",
       f"{FOUR}:{size}:{dest}:cold", 200) for size in (32, 128) for dest in ("new", "over")],
    ("virtio-blk, executed, 32 MiB, over", "virtio", f"{FOUR}:32:over:cold", 200),
    *[(f"cache to cache, 32 MiB, {dest}", "cache", f"four-cache:4096:32:{dest}:cached", 150)
      for dest in ("new", "over")],
]

OP_TARGETS = {
    "getpid": 80, "lseek": 120, "read 1 byte, cached": 350, "read 4 KiB, cached": 1400,
    "write 4 KiB over a cached page": 1500, "open + close": 2000, "stat": 1200,
    "first touch of an anonymous page": 1500, "read fault on a cached file page": 500,
    "write fault, private page of a cached file": 1700, "COW fault after fork": 1700,
    "mmap + munmap, 4 KiB, untouched": 1000, "mmap + munmap, 4 MiB, untouched": 1200,
    "munmap 4 MiB, 1,024 anonymous pages": 150000, "fork + exit + wait": 20000,
    "fork + exec + exit + wait": 60000, "pipe round trip between two processes": 2500,
    "O_DIRECT read of 4 KiB": 2000,
}
SWITCH, YIELD = 150, "sched_yield to another process and back"
START = 30_000_000      # from reset to the first process, firmware included
LINES = 12              # functions named where a target is missed
DEVICE = "words_copy"   # what the ramdisk does, and only it: kernel/x86/mmu.c


class Figures:
    """bench.tsv: a line of names, then section, key, label and a figure of each machine."""

    def __init__(self, folder):
        try:
            with open(folder / "bench.tsv", newline="", encoding="utf-8") as f:
                head, *rows = csv.reader(f, delimiter="\t")
        except FileNotFoundError as none:
            raise Failure(f"{none.filename} is missing: tools/magpie bench --readme") from none
        self.machines, self.rows = head[3:], rows
        self.table = {(row[0], row[1]): row[3:] for row in rows}

    def of(self, machine, section, key):
        """A figure, or None where it was not measured or is not there."""
        values = self.table.get((section, key))
        if values is None or machine not in self.machines:
            return None
        text = values[self.machines.index(machine)]
        return None if text == "-" else float(text)

    def section(self, name):
        """(key, label, [figure or None of each machine]) of a section."""
        return [(key, label, [None if v == "-" else float(v) for v in values])
                for section, key, label, *values in self.rows if section == name]

    def told(self):
        """Versions and command lines."""
        return [v for (section, _), values in self.table.items() if section == "told"
                for v in values if v != "-"]


def profiles(folder):
    """profile.tsv: what -> [(function, its file, instructions)], most first."""
    found = defaultdict(list)
    path = folder / "profile.tsv"
    if path.exists():
        with open(path, newline="", encoding="utf-8") as f:
            for what, source, function, n in csv.reader(f, delimiter="\t"):
                found[what].append((function, source, float(n)))
    return found


def number(value):
    return "-" if value is None else f"{value:,.0f}"


def table(heads, lines):
    """A table of Markdown; the first column is words, the others are figures."""
    rows = ["| " + " | ".join(line) + " |\n" for line in [heads, *lines]]
    return "".join([rows[0], "|---" + "|---:" * (len(heads) - 1) + "|\n", *rows[1:]])


def crossover(figures):
    """From how many pages a call does moving touched pages beat copying them?"""
    pages = sorted(int(key.split(":")[1]) for section, key in figures.table
                   if section == "cross" and key.startswith("write:"))

    def first(what):
        for n in pages:
            move, copy = (figures.of("Magpie", "cross", f"{w}:{n}") for w in (what, "write"))
            if None not in (move, copy) and move < copy:
                return f"from {n} page{'s' * (n > 1)} a call on"
        return f"at no number of pages up to {pages[-1]}"
    if not pages:
        return ""
    return (f"Moving touched pages to a file costs fewer instructions than copying them {first('mwrite once')} if "
            f"the buffer is not needed any more, and {first('mwrite')} if every page of it is touched again, which "
            "brings a fresh page of zeros (1,025 instructions of it).\n")


# ---- the README ------------------------------------------------------------------------

def readme_section(figures, folder):
    both = [m for m in ("Magpie", "Linux") if m in figures.machines]
    lines = []
    for key, label, copies in METHODS:
        cells = [number(figures.of(m, "copy", key.format(32, dest)))
                 for m in both for dest in ("new", "over")]
        lines.append([label, *cells, f"{copies} x 4,096" if copies else "0"])
    heads = ["method", *(f"{m}, {dest}" for m in both for dest in ("new", "over")),
             "bytes copied"]
    out = [table(heads, lines)]
    lines = [[op, *(number(figures.of(m, "ops", op)) for m in both)]
             for op in [*OP_TARGETS, YIELD]]
    out.append(table(["operation", *both], lines))
    out.append(crossover(figures))
    for name, words in (("copy", "instructions a page, by method"),
                        ("window", "instructions a page, by size of the window"),
                        ("cross", "touched pages: moving against copying"),
                        ("profile", "where the instructions go"),
                        ("ops", "instructions of operations")):
        if (folder / f"{name}.svg").exists():
            out.append(f"![{words}](docs/bench/{name}.svg)\n")
    out.append("Measured: " + "; ".join(figures.told()) + ".\n")
    return "\n".join(out)


def example(folder):
    """What `mcp -v` says of /data/big: the README shows it, instructions and all."""
    path = folder / "mcp.txt"
    return path.read_text(encoding="utf-8") if path.exists() else None


def put(text, name, made):
    """The text with what is between the two markers of @name made anew."""
    begin = BEGIN.format(name)
    if begin not in text:
        raise Failure(f"README.md: the line {begin} is missing")
    pattern = re.escape(begin) + r"\n.*?" + re.escape(END)
    return re.sub(pattern, lambda _: f"{begin}\n\n{made}\n{END}", text, count=1, flags=re.S)


def readme(folder, text):
    """README.md, given as it is, as it should be."""
    text = put(text, "figures", readme_section(Figures(folder), folder))
    shown = example(folder)
    if shown:
        text = put(text, "mcp", "".join(f"    {line}\n" for line in shown.splitlines()))
    return text


# ---- docs/performance.md ---------------------------------------------------------------

INTRO = """# What was aimed at, and what it costs

Made by `tools/magpie bench --linux --readme` of `docs/bench/bench.tsv` and `profile.tsv`, together with the section of the README.

Guest instructions on an emulated processor (`-icount shift=0`): a figure is the same, to the digit, wherever it is measured, except those of
virtio-blk, where the disk is another party and the machine runs in real time. "Above the device" is less the two transfers of the ramdisk,
2,050 instructions a page. A copy that counts as 1,025 instructions (`rep movsl`) is far cheaper on a real processor: methods that copy look
dearer here than they are; between those that copy nothing the comparison is fair. Linux is Debian's, at its leanest: `README.md` has the version.

That nothing is copied, no fault taken, no page table used and no translation flushed is not a figure but a property: P11 in
`docs/properties.md`.

`tests/test_bench.py` holds a small part of these figures: none may grow by more than 3 % over `docs/bench/record.tsv`.

"""


def verdict(value, most):
    if value is None:
        return "not measured"
    if value <= most:
        return "yes"
    return f"**no**, {value / most:.2f} times" if most else "**no**"


def target_lines(figures, rows):
    return [[what, f"≤ {most:,}", number(value), number(linux), verdict(value, most)]
            for what, value, linux, most in rows]


def best_on_linux(figures, section, key):
    """The cheapest way there that copies as much to the same kind of destination."""
    _, _, size, dest, _ = key.split(":")
    ways = [figures.of("Linux", s, k) for s, k in figures.table
            if s == section and k.split(":")[2:4] == [size, dest]]
    return min((n for n in ways if n is not None), default=None)


def copy_rows(figures):
    rows = [(what, figures.of("Magpie", section, key), best_on_linux(figures, section, key), most)
            for what, section, key, most in COPY_TARGETS]
    for dest in ("new", "over"):
        small, large = (figures.of("Magpie", "copy", f"{FOUR}:{size}:{dest}:cold")
                        for size in (4, 128))
        grown = None if None in (small, large) else large - small
        rows.append((f"growth a page from 4 to 128 MiB, {dest}", grown, None, 0))
    return rows


LARGER = """
The file of such a copy fits in memory. One of 128 MiB on a machine of 64 MiB takes {new} instructions a page new and {over} over with
its reclaim: pages that came by `mwrite` and are not used again may only be as many as dirty pages may be, and whatever is more makes room while
the copy goes on, for which `sweep` goes round the frame array, the ramdisk's frames included (`mm/cache/reclaim.c`); frames come back in smaller
runs than they had at first, so requests have more segments. `tests/test_pressure.py` holds that everybody else's pages stay.
"""


def larger(figures):
    """What the copy costs that does not fit in memory; nothing if that was not measured."""
    cost = {dest: figures.of("Magpie", "large", f"{FOUR}:128:{dest}:cold")
            for dest in ("new", "over")}
    return "" if None in cost.values() else LARGER.format(**{k: number(n) for k, n in cost.items()})


def op_rows(figures):
    rows = [(op, figures.of("Magpie", "ops", op), figures.of("Linux", "ops", op), most)
            for op, most in OP_TARGETS.items()]
    switches = []
    for machine in ("Magpie", "Linux"):
        call, two = figures.of(machine, "ops", "getpid"), figures.of(machine, "ops", YIELD)
        switches.append(None if None in (call, two) else (two - 2 * call) / 2)
    rows.append(("context switch alone: half of two sched_yield less two getpid", *switches, SWITCH))
    rows.append(("reset to the first instruction of init",
                 figures.of("Magpie", "boot", "start"), None, START))
    return rows


def missed(figures):
    """The operations that cost more than they should."""
    return [op for op, value, _, most in op_rows(figures)
            if op in OP_TARGETS and value is not None and value > most]


def where(name, parts):
    """Where the instructions of one thing go: its dearest functions."""
    parts = [part for part in parts if part[0] != DEVICE]
    total = sum(n for _, _, n in parts)
    lines = [[f"`{function}`", source, f"{n:,.1f}" if total < 5000 else f"{n:,.0f}",
              f"{100 * n / total:.0f} %"] for function, source, n in parts[:LINES]]
    return (f"### {name}\n\n{total:,.0f} instructions, by function:\n\n"
            + table(["function", "in", "instructions", "share"], lines))


def performance(folder):
    figures, parts = Figures(folder), profiles(folder)
    heads = ["what", "target", "Magpie", "Linux", "reached"]
    out = [INTRO, "## The copy\n\nInstructions a page; of Linux the cheapest way that is measured.\n\n",
           table(heads, target_lines(figures, copy_rows(figures))), larger(figures),
           "\n## Operations\n\n", table(heads, target_lines(figures, op_rows(figures))),
           "\n## Where the instructions go\n\n",
           "Between the two marks of one measured piece, counted from outside by `tools/plugin/profile.c`; of the copies for a page, above "
           "the device.\nOf operations, those that cost more than their target; a piece is one run, which may be another than the median above.\n\n"]
    out.append("\n".join(where(name, list_) for name, list_ in parts.items()))
    return "".join(out)


def write(folder=KEPT):
    """Renew both files."""
    (TOP / "README.md").write_text(readme(folder, (TOP / "README.md").read_text()))
    (TOP / "docs/performance.md").write_text(performance(folder))
