"""tools/magpie bench: what copies and operations cost, on Magpie and on Linux.

/bin/bench measures; here it is run on the machines, and its lines become a table
(build/bench/bench.txt), a file for other tools (bench.tsv) and pictures (*.svg).

All figures are instructions executed.  On the ramdisk they are the processor's time
stamp under -icount; on virtio-blk, where the machine also waits, a plugin of QEMU counts
(tools/plugin/marks.c), in real time: with -icount an idle machine's clock would run ahead of
the disk, and the ticks of its timer would be counted as work.

With --readme the results are kept in docs/bench, and the README and docs/performance.md tell them
(magpie_report.py).
"""

import re
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import magpie_image
import magpie_linux
import magpie_profile
import magpie_report
from magpie_image import Failure

DEVICE = 2050           # instructions a page: the ramdisk's two transfers by rep movsl
DISK = 300              # MiB: two files of 128, and room
NAMES = ["copy", "window", "cache", "large", "virtio", "ops", "cross", "random", "boot",
         "profile"]
LARGE, SMALL_RAM = 128, 64      # MiB: a file, and a machine that cannot hold it


@dataclass
class Case:
    """One line of a table: what bench is told, and what people are."""
    words: str
    label: str
    size: int = 32
    dest: str = "new"

    def spec(self):
        method, unit, source = self.words.split(":")
        return f"{method}:{unit}:{self.size}:{self.dest}:{source}"


FOUR = f"{magpie_report.FOUR}:cold"
OTHERS = [("direct:64:cold", "O_DIRECT 64 KiB"), ("direct:1024:cold", "O_DIRECT 1 MiB"),
          ("direct:4096:cold", "O_DIRECT 4 MiB"), ("read-write:4:cold", "read/write 4 KiB"),
          ("read-write:64:cold", "read/write 64 KiB"),
          ("read-write:1024:cold", "read/write 1 MiB"),
          ("mmap-write:1024:cold", "mmap + write 1 MiB"),
          ("sendfile:1024:cold", "sendfile 1 MiB"),
          ("copy_file_range:1024:cold", "copy_file_range 1 MiB"),
          ("splice:1024:cold", "splice 1 MiB")]
CACHED = [("four-cache:4096:cached", "mmap(MAP_UNCACHED) + mwrite"),
          ("read-write-cache:1024:cached", "read/write 1 MiB"),
          ("mmap-write-cache:1024:cached", "mmap + write 1 MiB")]


def cases(names, quick):
    """What is measured on the ramdisk, by section."""
    sizes = [4] if quick else [4, 32, 128]
    large = sizes[-2:][0]
    found = {}
    if "copy" in names:
        found["copy"] = [Case(FOUR, "the four calls", size, dest)
                         for size in sizes for dest in ("new", "over")]
        found["copy"] += [Case(words, label, large, dest)
                          for words, label in OTHERS for dest in ("new", "over")]
    if "window" in names:
        found["window"] = [Case(f"four:{unit}:cold", f"the four calls, {unit} KiB", large)
                           for unit in (16, 64, 256, 1024, 2048, 4096)]
    if "large" in names:
        found["large"] = [Case(words, label, LARGE, dest)
                          for words, label in [(FOUR, "the four calls"),
                                               ("direct:1024:cold", "O_DIRECT 1 MiB"),
                                               ("read-write:1024:cold", "read/write 1 MiB")]
                          for dest in ("new", "over")]
    if "cache" in names:
        found["cache"] = [Case(words, label, large, dest)
                          for words, label in CACHED for dest in ("new", "over")]
    return found


def virtio_cases(quick):
    size = 4 if quick else 32
    return [Case(words, label, size, "over")
            for words, label in [(FOUR, "the four calls"), *OTHERS]]


@dataclass
class Machine:
    """One of the two, and how to make it run bench."""
    name: str
    run: callable
    figures: dict = field(default_factory=dict)     # (section, what) -> instructions or None
    told: str = ""                                  # version and command line
    start: int = 0                                  # instructions before the first process


# ---- the machines ----------------------------------------------------------------------

def disk(build, scratch, size):
    """An image of @size MiB in the folder @scratch: what bench needs, and nothing else."""
    image, root = scratch / "bench.img", scratch / "root"
    (root / "bin").mkdir(parents=True)
    for name in ("init", "bench", "true"):
        shutil.copy2(build / "root/bin" / name, root / "bin" / name)
    magpie_image.create(image, root, root / "bin/bench", size)
    return image


def magpie(args, build):
    """Magpie on a disk with room for the files."""
    def run(words, virtio=False, plugin=None, ram=args.ram):
        with tempfile.TemporaryDirectory(prefix="magpie-") as scratch:
            image = disk(build, Path(scratch), DISK)
            command = [sys.executable, Path(__file__).parent / "magpie", "run",
                       "--timeout", args.timeout or 1800, "--ram", ram,
                       *(["--disk", image] if virtio else ["--icount", "--image", image])]
            command += ["--plugin", plugin] if plugin else []
            done = magpie_image.call([*map(str, command), "--", "/bin/bench", *words])
        if done.returncode:
            raise Failure(f"bench: exit status {done.returncode}\n{done.stdout}{done.stderr}")
        machine.start = int(re.search(r"process 1 starts, TSC (\d+)", done.stderr)[1])
        return done.stdout
    machine = Machine("Magpie", run, told=f"Magpie {version()}")
    return machine


def linux(build):
    machine = Machine("Linux", None)

    def run(words, virtio=False, plugin=None):
        text, kernel, command = magpie_linux.run(build, words, DISK, virtio, plugin)
        if not virtio:
            machine.told = (f"Linux {kernel.version} ({kernel.package})\n"
                            + command.replace(f"{build.parent}/", ""))
        return text
    machine.run = run
    return machine


def version():
    done = magpie_image.call(["git", "-C", str(Path(__file__).parent), "describe", "--always",
                              "--dirty"])
    return done.stdout.strip()


# ---- measuring -------------------------------------------------------------------------

def number(text):
    return int(text) if text.isdigit() else None


def measure(machine, names, quick, build):
    """Fill in machine.figures."""
    def progress(what):
        print(f"  {machine.name}: {what} ...", file=sys.stderr, flush=True)

    for section, list_ in cases(names, quick).items():
        if section == "large" and machine.name != "Magpie":
            continue            # brd's disk is in the same memory, which must hold it
        progress(f"{section}, {len(list_)} cases")
        words = ["copy", *(case.spec() for case in list_)]
        text = machine.run(words, ram=SMALL_RAM) if section == "large" else machine.run(words)
        for spec, cost, pages in copies(text):
            machine.figures[section, spec] = cost and cost / pages
    if "virtio" in names:
        list_ = virtio_cases(quick)
        progress(f"virtio-blk, {len(list_)} cases")
        on_virtio(machine, [case.spec() for case in list_], build)
    for section in ("ops", "cross", "random"):
        if section in names:
            progress(section)
            kind = {"ops": "op"}.get(section, section)
            for words in lines(machine.run([section]), kind):
                cost = next((n for n in reversed(words) if n.isdigit()), "-")
                cost = cost if words[-1] == cost else "-"
                key = words[0] if section != "cross" else (words[0], int(words[1]))
                machine.figures[section, key] = number(cost)
    if "boot" in names and machine.name == "Magpie":
        machine.run(["ops", "getpid"])
        machine.figures["boot", "start"] = machine.start


PROFILES = {            # what the picture shows: bench's words, and the pages they are for
    "the four calls, 32 MiB, new": (f"{magpie_report.FOUR}:32:new:cold", 8192),
    "the four calls, 32 MiB, over": (f"{magpie_report.FOUR}:32:over:cold", 8192),
    "the four calls, 128 MiB, new": (f"{magpie_report.FOUR}:128:new:cold", 32768),
    "O_DIRECT 1 MiB, 32 MiB, new": ("direct:1024:32:new:cold", 8192),
}


SMALL = 5000            # who takes less than this part of all is one of the others


def profile(machine, build):
    """Lines "what, file, function, instructions": two copies, and what costs too much."""
    symbols = magpie_profile.Symbols(build / "kernel.elf")
    files = magpie_profile.files(build)
    wanted = [(what, ["copy", spec], pages) for what, (spec, pages) in PROFILES.items()]
    too_dear = [op for op, most in magpie_report.OP_TARGETS.items()
                if (machine.figures.get(("ops", op)) or 0) > most]
    wanted += [(op, ["ops", op], 1) for op in too_dear]
    out = []
    for what, words, per in wanted:
        print(f"  {machine.name}: profile, {what} ...", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="magpie-") as scratch:
            counted = Path(scratch) / "counted"
            plugin = magpie_profile.plugin(build, "profile")
            machine.run(words, plugin=f"{plugin},out={counted},marks=on")
            total = magpie_profile.by_function(counted, symbols)
        small = sum(total.values()) / SMALL
        parts = [(files.get(function, "-"), function, n) for function, n in total.items()
                 if n >= small]
        parts.append(("-", "(others)", sum(n for n in total.values() if n < small)))
        out += [f"{what}\t{source}\t{function}\t{n / per:.2f}\n"
                for source, function, n in sorted(parts, key=lambda part: (-part[2], part[1]))]
    return "".join(out)



def lines(text, kind):
    for line in text.splitlines():
        words = line.rstrip().split("\t")
        if words[0] == kind:
            yield words[1:]


def copies(text):
    """(spec, instructions or None, pages) of each copy."""
    for spec, cost, pages in lines(text, "copy"):
        yield spec, number(cost), number(pages)


def on_virtio(machine, specs, build):
    """Each spec in a run of its own: its last pair of marks is the copy."""
    plugin = magpie_profile.plugin(build, "marks")
    with tempfile.TemporaryDirectory(prefix="magpie-") as scratch:
        out = Path(scratch) / "marks"
        for spec in specs:
            text = machine.run(["copy", spec], True, f"{plugin},out={out}")
            for name, cost, pages in copies(text):
                marks = [line.split() for line in out.read_text().splitlines()]
                (_, start), (_, stop) = marks[-2:]
                machine.figures["virtio", name] = cost and (int(stop) - int(start)) / pages


# ---- telling ---------------------------------------------------------------------------

TITLES = {
    "copy": f"Copy, ramdisk: instructions a page above the device's own {DEVICE:,}",
    "window": f"The four calls by window: instructions a page above the device's {DEVICE:,}",
    "large": f"{LARGE} MiB on a machine of {SMALL_RAM} MiB: instructions a page above {DEVICE:,}",
    "cache": "From cache to cache, nothing written out: instructions a page",
    "virtio": "Copy, virtio-blk: instructions executed a page",
    "ops": "Operations: instructions",
    "cross": "Touched pages to a file, and touched again, or not (once): instructions a page",
    "random": "8 KiB at a random place of a file on the ramdisk: instructions",
    "boot": "From reset to the first process, firmware included: instructions",
}


def rows(section, machines, names, quick):
    """(label, key, what to take off) of a section's lines."""
    if section == "virtio":
        return [(f"{c.label}, {c.size} MiB", c.spec(), 0) for c in virtio_cases(quick)]
    if section in ("copy", "window", "cache", "large"):
        off = 0 if section == "cache" else DEVICE
        return [(f"{c.label}, {c.size} MiB, {c.dest}", c.spec(), off)
                for c in cases(names, quick)[section]]
    keys = list(dict.fromkeys(key for m in machines for s, key in m.figures if s == section))
    if section == "cross":
        return [(f"{what}, {pages} pages a call", (what, pages), 0) for what, pages in keys]
    return [(key, key, 0) for key in keys]


def per_page(value, section, key, off):
    """A figure of a machine as it is told: for a page where there are pages."""
    if value is None:
        return None
    return (value / key[1] if section == "cross" else value) - off


def table(machines, names, quick):
    """Text for people, and lines for programs."""
    heads = [m.name for m in machines]
    out = []
    tsv = ["\t".join(["section", "key", "label", *heads])]
    for section in (n for n in NAMES if n in names and n != "profile"):
        head = "".join(f"{h:>12}" for h in heads + (["ratio"] if len(heads) == 2 else []))
        out += [TITLES[section], f"  {'':48}{head}"]
        for label, key, off in rows(section, machines, names, quick):
            values = [per_page(m.figures.get((section, key)), section, key, off)
                      for m in machines]
            cells = ["-" if v is None else f"{v:,.0f}" for v in values]
            if len(values) == 2 and None not in values and values[0] > 0:
                cells.append(f"{values[1] / values[0]:.1f}x")
            out.append(f"  {label:48}" + "".join(f"{c:>12}" for c in cells))
            name = key if isinstance(key, str) else ":".join(map(str, key))
            tsv.append("\t".join([section, name, label,
                                  *("-" if v is None else f"{v:.1f}" for v in values)]))
        out.append("")
    out += [m.told for m in machines] + [qemu_version()]
    tsv += ["\t".join(["told", str(k), "", words, *["-"] * (len(heads) - 1)])
            for k, words in enumerate("\n".join(out[-1 - len(machines):]).splitlines())]
    return "\n".join(out) + "\n", "\n".join(tsv) + "\n"


def plot(folder):
    """The pictures, by a Python that has matplotlib: ours, or Debian's."""
    for python in (sys.executable, "/usr/bin/python3"):
        done = magpie_image.call([python, "-c", "import matplotlib"])
        if done.returncode == 0:
            done = magpie_image.call([python, str(Path(__file__).with_name("magpie_plot.py")),
                                      str(folder)])
            print(done.stderr, end="", file=sys.stderr)
            return
    print("no pictures: tools/setup bench installs what draws them", file=sys.stderr)


def qemu_version():
    return magpie_image.call(["qemu-system-i386", "--version"]).stdout.splitlines()[0]


def run(args, build):
    """tools/magpie bench; returns its exit status."""
    names = args.names or [n for n in NAMES if not args.quick or n in ("copy", "ops")]
    unknown = [n for n in names if n not in NAMES]
    if unknown:
        raise Failure(f"bench {unknown[0]}: there is {', '.join(NAMES)}")
    machines = [magpie(args, build)] + ([linux(build)] if args.linux else [])
    for machine in machines:
        measure(machine, names, args.quick, build)
    text, tsv = table(machines, names, args.quick)
    print(text, end="")
    folder = magpie_report.KEPT if args.readme else args.out or build / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.txt").write_text(text)
    (folder / "bench.tsv").write_text(tsv)
    if "profile" in names:
        (folder / "profile.tsv").write_text(profile(machines[0], build))
    plot(folder)
    if args.readme:
        (folder / "mcp.txt").write_text(mcp())
        magpie_report.write()
    return 0


def mcp():
    """The example of the README: a command, and what it prints."""
    words = ["tools/magpie", "run", "--icount", "--", "/bin/mcp", "-v", "/data/big", "/tmp/big"]
    done = magpie_image.call([sys.executable, *words], cwd=magpie_report.TOP)
    if done.returncode:
        raise Failure(f"mcp: exit status {done.returncode}\n{done.stderr}")
    return f"$ {' '.join(words)}\n{done.stdout}"
