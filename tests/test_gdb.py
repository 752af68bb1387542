"""tools/magpie gdb, in batch mode: its commands against QEMU's own view of the machine."""

import random
import re
import struct
import subprocess
import sys

import pytest

from magpie import TOOL

pytestmark = pytest.mark.guest

WALK = re.compile(r"\+-> physical (0x\w+)|not present: an access faults")


def gdb(*commands, program=("/bin/mcp", "-v", "/data/big", "/tmp/big"), expect=0):
    words = [TOOL, "gdb"]
    for command in commands:
        words += ["--ex", command]
    done = subprocess.run([*words, "--", *program], text=True, timeout=120, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    assert done.returncode == expect, done.stdout[-4000:]
    return done.stdout


RAM = 256 << 20                         # of the machine: all page tables are in it

# To a place where mcp has touched, mapped and moved things.
RUNNING = ["break mwrite", "continue", "ignore 1 1", "continue", "delete"]


def ranges_of(text):
    """What "info mem" says is mapped: [(first address, end)]."""
    return [(int(a, 16), int(b, 16)) for a, b in
            re.findall(r"(?m)^([0-9a-f]{8,})-([0-9a-f]{8,}) [0-9a-f]+ [u-][r-][w-]", text)]


def walk(cr3, ram, va):
    """The translation of @va, or None: ten lines that owe nothing to the tool's."""
    pde, = struct.unpack_from("<I", ram, cr3 + (va >> 22) * 4)
    if not pde & 1:
        return None
    if pde & 0x80:
        return (pde & 0xffc00000) | (va & 0x3fffff)
    pte, = struct.unpack_from("<I", ram, (pde & 0xfffff000) + (va >> 12 & 0x3ff) * 4)
    return (pte & 0xfffff000) | (va & 0xfff) if pte & 1 else None


def addresses(ranges):
    """Edges of all ranges that are mapped, and 60 others."""
    some = {va for lo, hi in ranges for va in (lo, hi - 1, hi, lo - 1)}
    dice = random.Random(4096)
    some |= {dice.randrange(1 << 32) for _ in range(30)}
    some |= {dice.randrange(lo, hi) for lo, hi in dice.choices(ranges, k=30)}
    return sorted(va for va in some if 0 <= va < 1 << 32)


def test_pt_agrees_with_the_machine(tmp_path):
    """Which addresses are of interest is found out by one boot; in another, every one is
    drawn, and translated as our own walk through a dump of memory and info mem say."""
    ranges = ranges_of(gdb(*RUNNING, "monitor info mem"))
    assert len(ranges) > 4
    wanted = addresses(ranges)
    dump = tmp_path / "ram"
    text = gdb(*RUNNING, "printf \"cr3 %x\\n\", (unsigned)$cr3", "monitor info mem",
               f"monitor pmemsave 0 {RAM:#x} \"{dump}\"", *(f"pt {va:#x}" for va in wanted))
    ram = dump.read_bytes()
    cr3 = int(re.search(r"(?m)^cr3 (\w+)", text)[1], 16) & 0xfffff000
    now = ranges_of(text)
    drawn = re.split(r"(?m)^va   ", text)[1:]
    assert len(drawn) == len(wanted)
    for va, drawing in zip(wanted, drawn):
        assert drawing.startswith(f"{va:#010x}")
        found = WALK.search(drawing)
        said = int(found[1], 16) if found[1] else None
        assert said == walk(cr3, ram, va), drawing
        assert (said is not None) == any(lo <= va < hi for lo, hi in now), drawing
    assert "4 MiB page" in text and "table entry" in text


def test_drawing_names_everything():
    text = gdb(*RUNNING, "pt $eip", "pt &frames", "pt 0xc0400000 1", "pt $esp")
    for word in ("CR3  0x", "directory index 0x", "table index 0x", "offset 0x",
                 "directory entry 0x", "table entry 0x", "P R/W PS G", "4 MiB page",
                 "state   kernel memory", "state   reserved", "owners  1", "name    none"):
        assert word in text, text


def test_ps_vmas_frame_check():
    text = gdb(*RUNNING, "ps", "vmas", "vmas 1", "frame frames[0x300].refs.v * 0 + 0x300",
               "pt 0x08049000", "frame zero_frame", "check", "frame", "help pt", "vmas 77",
               "pt nonsense", expect=1)
    assert re.search(r"(?m)^\* +2 +1 runnable +0x\w+ mcp$", text), text
    assert re.search(r"(?m)^  +1 +0 sleeping +0x\w+ init$", text), text
    assert re.search(r"(?m)^0x40\w+-0x\w+ rw- uncached  page \d+ of /data/big", text), text
    assert re.search(r"(?m)^0xb\w+-0xbffff000 rw. anon .*growsdown", text), text
    assert re.search(r"(?m)^  name    page 1 of /bin/mcp$", text), text
    assert re.search(r"(?m)^ok$", text), text
    assert "#0  mwrite" in text and "Draw the page walk" in text
    assert "there is no process 77" in text and "No symbol" in text


def test_check_finds_damage():
    """A reference too few, and a name on a frame that says it is free."""
    text = gdb(*RUNNING, "set var frames[nframes-2].mapping = 0x1000",
               "set var frames[nframes-2].refs.v = 0", "check")
    assert "free, but it has a name" in text and "violated" in text


def test_without_gdb_the_package_is_named(tmp_path):
    done = subprocess.run([sys.executable, TOOL, "gdb"], env={"PATH": str(tmp_path)}, capture_output=True,
                          text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 125
    assert "apt-get install --no-install-recommends gdb" in done.stderr
