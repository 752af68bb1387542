"""What Magpie is for: a real file of 16 MiB and more is copied and no byte of it moves."""

import os
import subprocess
from pathlib import Path

import pytest

from magpie import e2fsck, figures, ok, read_file, same

pytestmark = pytest.mark.guest

ZERO = ("bytes_copied", "page_faults", "page_tables", "tlb_invalidations")
DEVICE = 2050           # instructions a page that are the ramdisk's own two transfers
LIMIT = 600             # what the kernel may add to them

RAM = pytest.mark.parametrize("ram", [[], ["--ram", "64"]], ids=["ram256", "ram64"])
DISK = pytest.mark.parametrize(
    "disk", ["", "ramdisk.latency_us=200", "ramdisk.latency_us=200 ramdisk.seed=7"],
    ids=["instant", "latency", "reorder"])


@pytest.fixture(scope="module")
def big():
    """What /data/big must be: the cross compiler's cc1."""
    gcc = os.environ.get("CROSS", "i686-linux-gnu-") + "gcc"
    path = subprocess.run([gcc, "-print-prog-name=cc1"], capture_output=True, text=True,
                          check=True).stdout.strip()
    data = Path(path).read_bytes()
    assert len(data) >= 16 << 20
    return data


@RAM
@DISK
def test_mcp_costs_nothing(ram, disk, big):
    got = figures(ok(*ram, "--append", disk, "--", "/bin/mcp", "-v",
                     "/data/big", "/tmp/big"))
    assert {name: got[name] for name in ZERO} == dict.fromkeys(ZERO, 0)
    assert got["bytes"] == len(big)
    assert got["pages_moved"] == -(-len(big) // 4096)
    assert got["fallbacks"] == 0


@RAM
@DISK
def test_mcp_copies_right(ram, disk):
    ok(*ram, "--append", disk, "--", "/bin/sh", "-c",
       "mcp /data/big /tmp/big; cmp /data/big /tmp/big")


@pytest.mark.parametrize("program", ["mcp", "cp"])
@DISK
def test_copy_seen_from_outside(program, disk, big, tmp_path):
    """Not the kernel's word: the disk as it lies in the machine's memory."""
    image = tmp_path / "kept.img"
    ok("--append", disk, "--keep-image", image, "--",
       f"/bin/{program}", "/data/big", "/tmp/big")
    clean, words = e2fsck(image)
    assert clean, words
    assert same(read_file(image, "/tmp/big", tmp_path / "big"), big)
    assert same(read_file(image, "/data/big", tmp_path / "source"), big)


def test_cp_does_copy(big):
    """The counters can count: the ordinary loop copies each byte in and out."""
    got = figures(ok("--", "/bin/cp", "-v", "/data/big", "/tmp/big"))
    assert got["bytes"] == len(big)
    assert got["bytes_copied"] >= 2 * len(big)


def test_mcp_instructions(big):
    runs = [figures(ok("--icount", "--", "/bin/mcp", "-v", "/data/big", "/tmp/big"))
            for _ in range(2)]
    assert runs[0] == runs[1]
    per_page = runs[0]["instructions"] / (len(big) / 4096)
    print(f"{per_page:.0f} instructions a page, {per_page - DEVICE:.0f} above the device")
    assert DEVICE <= per_page <= DEVICE + LIMIT


def test_mcp_cuts_a_file_of_odd_length(tmp_path):
    """The last page is moved whole; the copy's size must not be."""
    (tmp_path / "odd").write_bytes(bytes(i % 251 for i in range(3 * 4096 + 77)))
    image = tmp_path / "kept.img"
    ok("--add", f"{tmp_path}/odd:/data/odd", "--keep-image", image,
       "--", "/bin/mcp", "/data/odd", "/tmp/odd")
    assert same(read_file(image, "/tmp/odd", tmp_path / "copy"), (tmp_path / "odd").read_bytes())
    clean, words = e2fsck(image)
    assert clean, words
