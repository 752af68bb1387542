"""Not the kernel's word: a plugin in QEMU counts what the processor does, and the kernel's
own counters must say the same.

count_print() makes the text of the counters.  The plugin writes down its counts whenever
that function is entered: so for each text of the kernel there is one of the witness, of the
same moment.
"""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from magpie import BUILD, TOP, figures, ok

sys.path.insert(0, str(TOP / "tools"))
import magpie_profile  # noqa: E402

pytestmark = pytest.mark.guest

PAGE_FAULT = "trap_stub_14"             # kernel/x86/trap.asm: one for each vector
RAMDISK = "words_copy"                  # kernel/x86/mmu.c: only the ramdisk calls it
MEMCPY = "memcpy"                       # kernel/x86/string.c: the kernel's own lists and structures


@pytest.fixture(scope="module")
def symbols():
    return magpie_profile.Symbols(BUILD / "kernel.elf")


class Picture(Counter):
    """Counts of the witness at one moment: (kind, function, unit) -> times."""

    def units(self, function):
        return sum(n for (kind, where, _), n in self.items()
                   if kind == "movs" and where == function)

    def copied(self):
        """Bytes that were moved by MOVS anywhere but in the ramdisk and by memcpy."""
        return sum(n * unit for (kind, where, unit), n in self.items()
                   if kind == "movs" and where not in (RAMDISK, MEMCPY))

    def listed(self):
        """Bytes that memcpy moved."""
        return sum(n * unit for (kind, where, unit), n in self.items()
                   if kind == "movs" and where == MEMCPY)

    def times(self, kind):
        return sum(n for (what, _, _), n in self.items() if what == kind)


def pictures(path, symbols):
    found = []
    for line in Path(path).read_text().splitlines():
        if line == "picture":
            found.append(Picture())
        else:
            kind, address, unit, n = line.split()
            found[-1][kind, symbols.name(int(address, 16)), int(unit)] += int(n)
    return found


def seen(symbols, tmp_path, *words):
    """(stdout, pictures) of a run, the last picture being that of the end."""
    out = tmp_path / "witness"
    plugin = magpie_profile.plugin(BUILD, "witness")
    text = ok("--plugin", f"{plugin},out={out},watch={symbols.address(PAGE_FAULT):#x},"
              f"picture={symbols.address('count_print'):#x}", *words)
    return text, pictures(out, symbols)


def measured(shots):
    """What mcp -v and cp -v measured: they look twice before the copy and once after it,
    all that in a rehearsal first.  The last picture is the machine's end."""
    assert len(shots) == 2 * 3 + 1
    between = Picture(shots[-2])
    between.subtract(shots[-3])
    return between


def texts(out):
    """The counter texts among what was printed, as dictionaries, oldest first."""
    parts = re.split(r"(?m)^(?=faults_anon )", out)
    return [figures(part) for part in parts[1:]]


@pytest.mark.parametrize("options", ["", "ramdisk.latency_us=200"], ids=["instant", "latency"])
@pytest.mark.parametrize("copy", ["mcp /data/big /tmp/big", "cp /etc/passwd /tmp/x",
                                  "ls -l /bin"], ids=["mcp", "cp", "little"])
def test_counters_tell_the_truth(copy, options, symbols, tmp_path):
    """The whole machine, between two readings of its counters."""
    out, shots = seen(symbols, tmp_path, "--append", options, "--", "/bin/sh", "-c",
                      f"cat /proc/magpie/counters; {copy}; cat /proc/magpie/counters")
    said = texts(out)
    assert len(said) == 2 and len(shots) == 3
    kernel = {name: said[1][name] - said[0][name] for name in said[0]}
    witness = Picture(shots[1])
    witness.subtract(shots[0])
    assert witness.units(RAMDISK) == kernel["ramdisk_words"]
    assert witness.times("watch") == kernel["page_faults"] - kernel["faults_spared"]
    assert witness.times("invlpg") == kernel["tlb_invlpg"]
    assert witness.times("cr3") == kernel["tlb_cr3"] + kernel["cr3_switch"]
    assert witness.times("watch") > 0 and witness.times("cr3") > 0


def test_mcp_moves_and_copies_nothing(symbols, tmp_path):
    """Between the last two readings of mcp -v: the ramdisk's two transfers of each page, and
    what a file of one page costs as well."""
    (tmp_path / "one").write_bytes(b"x" * 4096)
    between = {}
    for name in ("/data/big", "/data/one"):
        out, shots = seen(symbols, tmp_path, "--add", f"{tmp_path}/one:/data/one", "--",
                          "/bin/mcp", "-v", name, "/tmp/copy")
        between[name] = measured(shots)
        got = figures(out)
        assert between[name].times("watch") == got["page_faults"] == 0
        assert between[name].times("invlpg") == 0
        assert between[name].times("cr3") == got["context_switch_tlb"] == 0
        if name == "/data/big":
            pages = got["pages_moved"]
    big, one = between["/data/big"], between["/data/one"]
    assert big.units(RAMDISK) >= 2 * 1024 * pages
    metadata = big.units(RAMDISK) - 2 * 1024 * pages
    assert metadata < 1024 * pages / 50, "besides the file, only its metadata is transferred"
    more = big.copied() - one.copied()  # beyond the counters' text, path names, stat
    assert more < 4096, "not one of thousands of pages was copied"
    words = (big.listed() - one.listed()) / 4 / pages
    assert 1 < words < 8, "of each page a few addresses in lists of frames are, and no more"


def test_witness_sees_copying(symbols, tmp_path):
    """It can say yes: the ordinary copy moves each byte by MOVS, in and out of the cache."""
    out, shots = seen(symbols, tmp_path, "--", "/bin/cp", "-v", "/data/big", "/tmp/copy")
    between = measured(shots)
    assert between.copied() >= figures(out)["bytes_copied"] > 2 * (16 << 20)


def test_profile_by_function():
    done = subprocess.run(
        [TOP / "tools/magpie", "profile", "--less", "/bin/true", "--per", "8141", "--",
         "/bin/mcp", "/data/big", "/tmp/big"], capture_output=True, text=True, timeout=200,
        check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line.split() for line in done.stdout.splitlines()[1:]]
    table = {words[2]: float(words[0].replace(",", "")) for words in rows}
    assert 2 * 1024 < table[RAMDISK] < 2200 and table["all"] > table[RAMDISK]
    assert rows[1][2] == RAMDISK, "sorted"
