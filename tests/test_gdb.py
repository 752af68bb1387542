"""tools/magpie gdb, in batch mode: its commands against the kernel's own knowledge and against
QEMU's: info mem, info tlb, guest memory read directly.

tests/test_walk.py tries the commands that run the machine, through the guide.
"""

import filecmp
import json
import os
import re
import struct
import subprocess
import sys
import time
from collections import Counter

import pytest

from magpie import BUILD, TOOL, TOP

pytestmark = pytest.mark.guest

WALK = re.compile(r"\+-> physical (0x\w+)|not present: an access faults")
PRESENT, WRITE, USER, LARGE = 1, 2, 4, 0x80


def gdb(*commands, program, options=(), expect=0, **env):
    words = [TOOL, "gdb", *options]
    for command in commands:
        words += ["--ex", command]
    done = subprocess.run([*words, "--", *program], text=True, timeout=120, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env={**os.environ, **env})
    assert expect is None or done.returncode == expect, done.stdout[-4000:]
    return done.stdout


# ---- one machine, looked at from all sides ---------------------------------------------


class Survey:
    """What tests/gdb/survey.py has found."""

    def __init__(self, folder, kernel, program="/bin/walk", faults="yes"):
        path = folder / "survey"
        self.text = gdb(f"source {TOP}/tests/gdb/survey.py", program=[program],
                        options=["--kernel", kernel], SURVEY=str(path), SURVEY_FAULTS=faults)
        assert path.exists(), self.text[-4000:]
        found = json.loads(path.read_text())
        self.faults, self.said, self.spaces = found["faults"], found["said"], found["spaces"]
        self.lines, self.seconds, self.registers = (
            found[name] for name in ("lines", "seconds", "registers"))
        self.cr3 = {s["pid"]: s["cr3"] for s in self.spaces}
        self.running = found["running"]
        self.ram, after = folder / "survey.ram", folder / "survey.after"
        self.unchanged = filecmp.cmp(self.ram, after, shallow=False)
        after.unlink()
        self.ram = self.ram.read_bytes()

    def drawn(self):
        return [(s["cr3"], va, text) for s in self.spaces for va, text in s["drawn"]]

    def walk(self, cr3, va):
        """(physical address, flags that both levels have) of @va, or None: ten lines that owe
        nothing to the tool's."""
        pde, = struct.unpack_from("<I", self.ram, cr3 + (va >> 22) * 4)
        if not pde & PRESENT:
            return None
        if pde & LARGE:
            return (pde & 0xffc00000) | (va & 0x3fffff), pde
        pte, = struct.unpack_from("<I", self.ram, (pde & 0xfffff000) + (va >> 12 & 0x3ff) * 4)
        return ((pte & 0xfffff000) | (va & 0xfff), pte & pde) if pte & PRESENT else None


KERNELS = ["kernel.elf", "kernel-Og/kernel.elf"]        # as it is, and built for reading


def built(name):
    """The path of the kernel called @name, made if need be."""
    kernel = BUILD / name
    if name != "kernel.elf":
        env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS")}
        done = subprocess.run(["make", "-C", TOP, "OPT=-Og", kernel.relative_to(TOP)],
                              capture_output=True, text=True, timeout=280, check=False, env=env)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return kernel


@pytest.fixture(scope="module", params=KERNELS)
def survey(request, tmp_path_factory):
    return Survey(tmp_path_factory.mktemp("survey"), built(request.param))


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """Pages of every kind, a thousand and more, in each of three related processes."""
    return Survey(tmp_path_factory.mktemp("everything"), BUILD / "kernel.elf",
                  "/test/t-every-mapping", faults="no")


def test_pt_agrees_with_memory(survey):
    """Every page of three address spaces, and others: as a walk through guest memory says."""
    assert len(survey.spaces) == 3 and len(survey.drawn()) > 1000
    drawn_as_in_memory(survey)


def drawn_as_in_memory(survey):
    for cr3, va, text in survey.drawn():
        assert f"va   {va:#010x}" in text and f"CR3  {cr3:#010x}" in text
        found, truth = WALK.search(text), survey.walk(cr3, va)
        assert (int(found[1], 16) if found[1] else None) == (truth and truth[0]), text
        assert not truth or f"frame {truth[0] >> 12:#x}" in text
        assert not truth or ("4 MiB page" in text) == bool(truth[1] & LARGE)


def user_pages(space):
    """{va: what pt drew} of the user pages that are mapped, by their first address."""
    return {va: text for va, text in space["drawn"]
            if va < 0xc0000000 and va % 4096 == 0 and WALK.search(text)[1]}


def kind_of(text, va, areas):
    """What kind of page it is, by the list of areas and by what was drawn."""
    if va >= 0xc0000000:
        return "kernel, 4 MiB" if "4 MiB page" in text else "kernel, 4 KiB"
    pager, mapped = next((pager, rest) for start, end, pager, rest in areas
                         if int(start, 16) <= va < int(end, 16))
    if "name    none" not in text:
        return f"{pager}, the file's"
    if "flags   reserved" in text:
        return f"{pager}, zeros"
    mapped = "stack" if "growsdown" in mapped else "memory" if "shared memory" in mapped else ""
    shared = "after fork" if re.search(r"owners  [23]: [23] page-table", text) else "own"
    return ", ".join(filter(None, (pager, mapped, shared)))


def test_pt_of_every_kind_of_mapping(everything):
    """Four address spaces, each kind of page in all of them that have it, as memory says."""
    drawn_as_in_memory(everything)
    found = Counter()
    for space in everything.spaces[1:]:
        areas = re.findall(r"(?m)^(\w+)-(\w+) ... (\w+) *(.*)$",
                           everything.said[f"vmas {space['pid']}"])
        mapped = [(va, text) for va, text in space["drawn"] if WALK.search(text)[1]]
        assert len(user_pages(space)) > 450
        for va, text in user_pages(space).items():
            shown = re.search(r"(?m)^  mapped  (.*)$", text)[1]
            assert f"process {space['pid']} (" in shown and f"at {va:#010x}" in shown \
                or "more" in shown, text
        found.update(kind_of(text, va, areas) for va, text in mapped)
    assert len(everything.spaces) == 4 and sum(found.values()) > 3000
    for kind in ("anon, own", "anon, after fork", "anon, zeros", "anon, stack, own",
                 "anon, stack, after fork", "private, own", "private, after fork",
                 "private, the file's", "shared, the file's", "uncached, own",
                 "uncached, after fork", "kernel, 4 MiB", "kernel, 4 KiB"):
        assert found[kind] >= 10, (kind, found)
    assert sum(n for kind, n in found.items() if kind.startswith("shared")) >= 3 * 2 * 64, found


# Of t-every-mapping: areas, whether they are shared, and whether they show /data/big, from where.
STAMPED = {0x50000000: (False, None), 0x51000000: (True, None), 0x52000000: (False, None),
           0x53000000: (True, None), 0x57000000: (False, 0), 0x58000000: (False, 64)}
STAMP = struct.Struct("<4sIII")


def test_pages_hold_what_their_program_wrote(everything):
    """The physical address that pt comes to has the bytes that are to be there: who wrote which
    page of what is the program's own rule.  Of file pages, pt tells which page it is."""
    looked = Counter()
    for who, space in enumerate(everything.spaces[1:]):
        for va, text in user_pages(space).items():
            if (va & 0xff000000) not in STAMPED:
                continue
            (shared, first), k = STAMPED[va & 0xff000000], va % 0x1000000 // 4096
            child = k % 3 if shared else who
            writer = child if child and k % 3 == child else 0 if k % 2 == 0 else None
            at = int(WALK.search(text)[1], 16)
            if writer is not None:
                assert STAMP.unpack_from(everything.ram, at) == (b"pgaM", va, writer, k), text
            elif first is not None and "name    none" not in text:
                assert f"name    page {first + k} of /data/big\n" in text
            looked[who, writer] += 1
    assert sum(looked.values()) == 3 * 6 * 64 and len(looked) == 12, looked


def test_commands_change_nothing(survey, everything):
    """Not a byte of memory, not a register, though every one has been asked, and pt for all."""
    for one in (survey, everything):
        assert one.unchanged and one.registers[0] == one.registers[1]
        assert "EIP=" in one.registers[0] and "CR3=" in one.registers[0]


def test_commands_take_less_than_a_second(survey, everything):
    for one in (survey, everything):
        assert len(one.seconds) > 40
        slow = {command: both for command, both in one.seconds.items() if max(both) >= 1}
        assert not slow


def test_each_command_has_its_help(survey):
    listed = [line.split()[0] for line in survey.said["magpie"].splitlines()]
    helped = {c.split()[1]: text for c, text in survey.said.items() if c.startswith("help ")}
    assert set(listed) == set(helped) and len(listed) == 16
    for word, text in helped.items():
        assert re.match(rf"({word}, .*\n)?[A-Z].*\.\n\s*\n *{word}( |\n|$)", text), text


def test_pt_agrees_with_info_mem(survey):
    """QEMU's own walk of the table that is loaded, protection included."""
    ranges = [(int(a, 16), int(b, 16), flags) for a, b, flags in re.findall(
        r"(?m)^([0-9a-f]{8,})-([0-9a-f]{8,}) [0-9a-f]+ ([u-]r[w-])", survey.said["info mem"])]
    assert len(ranges) > 10
    space = next(s for s in survey.spaces if s["pid"] == survey.running)
    for va, text in space["drawn"]:
        flags = next((flags for lo, hi, flags in ranges if lo <= va < hi), None)
        assert bool(WALK.search(text)[1]) == bool(flags), text
        if flags:
            entries = re.findall(r"entry 0x(\w+)", text)
            both = int(entries[0], 16) & int(entries[-1], 16)
            assert ("u" if both & USER else "-") == flags[0], text
            assert ("w" if both & WRITE else "-") == flags[2], text


def test_walk_agrees_with_info_tlb(survey):
    """As far as QEMU came before its time was up."""
    lines = re.findall(r"(?m)^([0-9a-f]{16}): ([0-9a-f]{16}) [-A-Z]{9}$", survey.text)
    assert len(lines) > 40
    for va, pa in lines:
        truth = survey.walk(survey.cr3[survey.running], int(va, 16))
        assert truth and truth[0] & ~0xfff == int(pa, 16), va


# What the counters and the page must say of each outcome; None: not looked at.
OK, SEGV, BUS = 0, 1, 2


def as_foretold(fault):
    was, now, result = fault["was"], fault["is"], fault["result"]
    new = now["pfn"] is not None and now["pfn"] != was["pfn"]
    copied, stolen = fault["bytes_copied_cow"] == 4096, fault["frames_stolen"] == 1
    stayed = sum(fault[f"fallback_{why}"] for why in ("dirty", "mapped", "busy")) == 1
    writable, named = now.get("writable"), now.get("named")
    fresh = fault["pages_zeroed"] >= 1 and writable and not named and not copied
    return {
        "no-area": result == SEGV, "protected": result == SEGV, "past-end": result == BUS,
        "access": now == was,
        "zero": now.get("zero") and not writable,
        "fresh": new and fresh, "unzero": was.get("zero") and new and fresh,
        "cow": new and copied and writable and not named,
        "own": not new and not copied and not was.get("writable") and writable,
        "dirty": not new and now.get("dirty") and writable,
        "private": named and not writable and not copied,
        "private-copy": copied and writable and not named and not stayed,
        "steal": stolen and writable and not named and not copied,
        "not-stolen": stayed and named and not writable and not copied,
        "not-stolen-copy": stayed and copied and writable and not named,
        "shared": named and not writable, "shared-dirty": named and writable,
    }[fault["foretold"]] and (result == OK or not now["pfn"])


def test_faults_end_as_foretold(survey):
    for fault in survey.faults:
        assert as_foretold(fault), fault
    assert Counter(f["foretold"] for f in survey.faults).keys() >= {
        "no-area", "protected", "past-end", "zero", "fresh", "unzero", "cow", "own", "dirty",
        "private", "private-copy", "steal", "not-stolen", "not-stolen-copy", "shared",
        "shared-dirty"}


def test_drawing_names_everything(survey):
    text = "".join(survey.said[c] for c in ("pt $eip", "pt &frames", "pt 0xc0400000 1", "pt $esp"))
    for word in ("CR3  0x", "directory index 0x", "table index 0x", "offset 0x",
                 "directory entry 0x", "table entry 0x", "P R/W PS G", "4 MiB page",
                 "state   kernel memory", "state   reserved", "owners  1", "name    none"):
        assert word in text, text


def test_why_tells_the_line(survey):
    stolen, asleep, kernel = (survey.said[f"why {va}"] for va in (
        "0x58003000", "0x58007000", "0xc0100000"))
    assert "no fault: the processor goes to 0x" in stolen and "nobody else's any more" in stolen
    assert "is STOLEN from the cache" in asleep and "page 7 of /data/big" in asleep
    file, line, rest = re.search(r"(mm/\S+):(\d+)  uncached_fault\(\): (.*)", asleep).groups()
    assert (TOP / file).read_text().splitlines()[int(line) - 1].strip() == rest
    assert "pcache_steal(" in rest
    assert kernel.count("SIGSEGV in user mode") == 2


def test_why_knows_its_lines(survey):
    """Each line that it can name is found in the source, in a function of that file."""
    assert len(survey.lines) >= 20
    assert all(number > 0 and re.fullmatch(r"\w+", function) and text
               for number, function, text in survey.lines)


def test_lists(survey):
    said = survey.said
    assert re.search(r"(?m)^\* +2 +1 runnable +0x\w+ walk$", said["ps"]), said["ps"]
    assert re.search(r"(?m)^  +3 +2 sleeping +0x\w+ walk$", said["ps"]), said["ps"]
    for line in (r"0x50000000-0x50004000 rw- anon",
                 r"0x51000000-0x51004000 rw- shared    page 0 of shared memory 0x\w+",
                 r"0x52000000-0x52010000 rw- private   page 0 of /tmp/walk",
                 r"0x53000000-0x53008000 rw- shared    page 0 of /tmp/walk",
                 r"0x55000000-0x55001000 --- anon",
                 r"0x58000000-0x58800000 rw- uncached  page 0 of /data/big",
                 r"0xbf\w+-0xbffff000 rw. anon +growsdown"):
        assert re.search(rf"(?m)^{line}$", said["vmas"]), said["vmas"]
    assert said["check"] == "ok\n"
    assert "reserved" in said["frame zero_frame"]
    assert "Draw the page walk" in said["help pt"]


def test_name_finds_the_bytes(survey):
    """The frame of a page of a program holds that page of the program, and both map it."""
    text = survey.said["name /bin/walk 1"]
    pfn = int(re.match(r"frame (0x\w+):", text)[1], 16)
    program = (BUILD / "root/bin/walk").read_bytes()[4096:8192]
    assert survey.ram[pfn << 12:(pfn + 1) << 12][:len(program)] == program
    assert re.search(r"process 2 \(walk\) at 0x08049000, private: maps it", text), text
    assert re.search(r"process 3 \(walk\) at 0x08049000, private: maps it", text), text
    mapped = survey.said["name /data/big 5"]
    assert "process 2 (walk) at 0x57005000, private: maps it" in mapped, mapped
    assert "process 3 (walk) at 0x58005000, uncached: not mapped" in mapped, mapped


def test_cache_and_dirty(survey):
    assert re.search(r"(?m)^/tmp/walk: 2 pages dirty, 0 being written: 2-3$", survey.said["dirty"])
    assert "/tmp/walk: 32768 bytes, 8 pages" in survey.said["cache /tmp/walk"]
    assert re.search(r"(?m)^      0 c.DD", survey.said["cache /tmp/walk"]), survey.said


# ---- against what the kernel says of itself ---------------------------------------------


def between(text, first, last):
    return text.split(f"<{first}>\n")[1].split(f"<{last}>\n")[0]


@pytest.fixture(scope="module")
def itself():
    """A shell prints what /proc tells; just before each, the same is asked here."""
    commands = []
    first_slot = "t == &'drivers/ramdisk.c'::disk.slot[0].timer"
    for place, command in ((f"timeout_add if {first_slot}", "io"),
                           ("proctext_mem", "life"), ("proctext_counters", "counters"),
                           ("trace_begin", "trace 4096")):
        commands += [f"tbreak {place}", "continue", f"echo <{command}>\\n", command,
                     "echo <end>\\n"]
        if command == "io":
            commands += ["echo <last>\\n", "trace 1", "echo <end>\\n"]
    script = "cat /proc/magpie/mem; cat /proc/magpie/counters; echo; cat /proc/magpie/trace"
    return gdb(*commands, "set pagination off", "continue",
               program=["/bin/sh", "-c", script], expect=1,
               options=["--append", "trace=blk ramdisk.latency_us=200"])


def test_life_agrees_with_proc(itself):
    life = {words: int(n) for n, words in re.findall(
        r"(?m)^  \S +(\d+)  (.*)$", between(itself, "life", "end"))}
    mem = dict(re.findall(r"(?m)^frames_(\w+) (\d+)$", itself))
    total = sum(life.values())
    assert total == int(mem["total"])
    assert life["free"] == int(mem["free"])
    assert life["reserved: firmware, kernel image or ramdisk"] == int(mem["reserved"])
    assert life["kernel memory"] + life["page table"] == int(mem["kernel"])
    cached = [n for words, n in life.items()
              if re.match(r"clean|dirty|being|not read", words)]
    assert sum(cached) == int(mem["cached"])


def test_counters_agree_with_proc(itself):
    ours = between(itself, "counters", "end").splitlines()
    assert len(ours) > 40
    theirs = re.findall(r"(?m)^\w+ \d+$", itself.split("<trace 4096>")[0].split("<counters>")[1])
    assert theirs[:len(ours)] == ours and theirs[len(ours):2 * len(ours)] == ours


def test_trace_agrees_with_proc(itself):
    ours = between(itself, "trace 4096", "end").splitlines()
    assert len(ours) > 20
    assert all(re.match(r"\d+\.\d{6} \d -?\d+ blk_\w+ request 0x", line) for line in ours)
    after = itself.split("<trace 4096>")[1].split("<end>\n")[1]
    assert "\n".join(ours) in after


def test_io_agrees_with_the_trace(itself):
    io, last = between(itself, "io", "end"), between(itself, "last", "end")
    sector, segments = re.search(r"op 0 sector (\d+) segments (\d+)", last).groups()
    line = re.search(rf"(?m)^  device read  sector {sector}, .*$", io)
    assert line and f", {segments} segment" in line[0], io
    assert re.search(r"(?m)^ram0: 1 of 8 under way, 0 waiting$", io), io


# ---- two terminals ----------------------------------------------------------------------


def test_attach():
    """In one the machine waits, in the other GDB lets it go; then the program runs."""
    waiting = subprocess.Popen([TOOL, "gdb", "--wait", "--", "/bin/echo", "gone on"], text=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    try:
        for _ in range(600):
            if (BUILD / "gdb.socket").exists():
                break
            time.sleep(0.1)
        words = [TOOL, "gdb", "--attach", "--ex", "break proc_start", "--ex", "continue",
                 "--ex", "ps", "--ex", "delete"]
        done = subprocess.run(words, text=True, timeout=60, stdin=subprocess.DEVNULL,
                              capture_output=True, check=False)
        assert "PID  PPID STATE" in done.stdout, done.stdout + done.stderr
        text, _ = waiting.communicate(timeout=60)
        assert "make gdb-attach" in text and "gone on\n" in text and waiting.returncode == 0
    finally:
        waiting.kill()
    done = subprocess.run(words, text=True, timeout=60, capture_output=True, check=False)
    assert done.returncode == 125 and "no machine waits" in done.stderr


# ---- stage by stage ---------------------------------------------------------------------


def stages(*commands, **how):
    """[(title of the stage, frame, what is said of it, entry, invalidations)]"""
    text = gdb(*commands, expect=None, **how)
    return re.findall(r"(?m)^(\d  .*)\n  frame (0x\w+)  (.*)\n  entry for 0x\w+: (.*)\n"
                      r"  TLB: (\d+) inv", text)


@pytest.mark.parametrize("kernel", KERNELS)
def test_steal_and_move_by_stages(kernel):
    """Whatever the compiler made of it: the same frame all the way."""
    found = stages("break fault_handle if va == 0x58003000", "continue", *["watch-steal"] * 4,
                   *["watch-mwrite"] * 4, program=["/bin/walk"],
                   options=["--kernel", built(kernel)])
    titles, pfns, frames, entries, tlb = zip(*found)
    assert [title[0] for title in titles] == list("12341234"), found
    assert len(set(pfns[:4])) == len(set(pfns[4:])) == 1
    assert "name: page 3 of /data/big  owners 2" in frames[0]
    assert "name: none  owners 1: 0" in frames[1] and entries[1] == "entry empty"
    assert all("owners 1: 1 page-table entry" in frame for frame in frames[2:4])
    assert all(entry.startswith(pfns[0][:2] + "0" * (7 - len(pfns[0])) + pfns[0][2:])
               for entry in entries[2:4]), entries
    assert "name: page 0 of /data/big" in frames[4] and "name: none" in frames[5]
    assert "block" not in frames[5] and "name: none" in frames[6] and "block" in frames[6]
    assert "name: page 0 of /tmp/moved" in frames[7] and "state: dirty" in frames[7]
    assert tlb == ("0",) * 6 + ("4",) * 2


def test_steal_by_mwrite():
    """mcp touches no page: the steal is mwrite's, and nothing but the name changes."""
    found = stages(*["watch-steal"] * 3, program=["/bin/mcp", "/data/big", "/tmp/x"])
    assert len(found) == 3 and len({pfn for _, pfn, *_ in found}) == 1, found
    for (_, _, frame, entry, tlb), name in zip(found, ("page 0 of /data/big", "none",
                                                       "page 0 of /tmp/x")):
        assert f"name: {name}  owners 1: 0 page" in frame
        assert entry == "no table" and tlb == "0"


def test_watching_begins_where_the_machine_stands():
    """At the entry of mwrite, that is the move, not one that may never come."""
    text = gdb("break mwrite", "continue", "watch-mwrite", "watch-mwrite", "detach",
               program=["/bin/walk"], expect=None)
    assert "mwrite of 2048 pages" in text and "2  collected" in text, text


# ---- what goes wrong --------------------------------------------------------------------


def test_check_finds_damage_and_nonsense_is_refused():
    """A reference too few, and a name on a frame that says it is free."""
    text = gdb("break mwrite", "continue", "set var frames[nframes-2].mapping = 0x1000",
               "set var frames[nframes-2].refs.v = 0", "check", "frame", "vmas 77", "name /none 0",
               "cache", "pt nonsense", program=["/bin/walk"], expect=1)
    assert "free, but it has a name" in text and "violated" in text
    assert "#0  mwrite" in text and "there is no process 77" in text and "No symbol" in text
    assert '/none: no "none" there' in text and "usage: cache PATH" in text


def test_too_early_is_said():
    """At reset, before the kernel: a sentence, not a failure of the tool.  And right after it."""
    words = ["ps", "vmas", "pt 0xc0100000", "pt-diff", "why 0", "frame 5", "name /bin/sh 0",
             "cache /bin/sh", "dirty", "io", "trace", "counters", "check", "life"]
    for before in ([], ["tbreak kernel_main", "continue"], ["tbreak inode_init", "continue"]):
        done = gdb(*before, *(f"python gdb.execute('{w}')" for w in words), "echo <end>",
                   program=["/bin/true"], expect=None)
        assert "<end>" in done and "Exception" not in done, done
        early = len(re.findall(r"gdb\.error.*: (?:the kernel has not started|paging is off)", done))
        assert early == (0 if before else len(words)), done


def test_without_gdb_the_package_is_named(tmp_path):
    done = subprocess.run([sys.executable, TOOL, "gdb"], env={"PATH": str(tmp_path)},
                          capture_output=True, text=True, timeout=60, check=False,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 125
    assert "apt-get install --no-install-recommends gdb" in done.stderr
