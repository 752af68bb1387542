"""The ISO: what is on it, and that GRUB starts from it what QEMU starts by itself."""

import gzip
import struct
import subprocess

import pytest

from magpie import BUILD, TOOL, TOP, figures, ok, run, same, told


@pytest.fixture(scope="module")
def iso():
    """The one that "make iso" makes."""
    subprocess.run(["make", "-C", TOP, "iso"], stdout=subprocess.DEVNULL, check=True)
    return BUILD / "magpie.iso"


def extract(iso, path, to):
    subprocess.run(["xorriso", "-osirrox", "on", "-indev", iso, "-extract", path, to],
                   capture_output=True, check=True)
    return to.read_bytes()


def test_iso_holds_what_was_built(iso, tmp_path):
    assert same(extract(iso, "/boot/kernel.elf", tmp_path / "kernel"),
                (BUILD / "kernel.elf").read_bytes())
    packed = extract(iso, "/boot/root.img.gz", tmp_path / "root")
    assert same(gzip.decompress(packed), (BUILD / "root.img").read_bytes())
    assert extract(iso, "/boot/grub/grub.cfg", tmp_path / "cfg") \
        == (TOP / "boot/grub.cfg").read_bytes()


def test_iso_is_small(iso, tmp_path):
    """Besides the kernel and the packed image: GRUB and padding, under 2 MB."""
    packed = extract(iso, "/boot/root.img.gz", tmp_path / "root")
    extra = iso.stat().st_size - len(packed) - (BUILD / "kernel.elf").stat().st_size
    assert extra < 2_000_000
    assert iso.stat().st_size < (BUILD / "root.img").stat().st_size / 3


def test_iso_can_be_booted_from_a_disk_too(iso):
    """A PC's boot sector with a partition table, for who copies it to a memory stick."""
    assert iso.read_bytes()[510:512] == b"\x55\xaa"
    first = struct.unpack_from("<B3xB3xII", iso.read_bytes()[446:462])
    assert first[0] == 0x80 and first[3] > 0


@pytest.mark.guest
def test_iso_shell(iso):
    """The very file that people burn."""
    done = subprocess.run([TOOL, "run", "--iso", "--timeout", "90"],
                          input=b"echo by way of GRUB\nls /bin\n", capture_output=True,
                          timeout=120, check=False)
    assert done.returncode == 0, told(done)
    assert b"by way of GRUB\r\n" in done.stdout
    assert b"\nmcp" in done.stdout
    # QEMU's loader would have put the kernel's file name first.
    assert b"command line: init=/bin/init\n" in (BUILD / "kernel.log").read_bytes()


@pytest.mark.guest
def test_iso_program(tmp_path):
    """Output byte for byte, added files, words for the kernel, the exit status."""
    data = bytes(range(256)) * 5
    (tmp_path / "data").write_bytes(data)
    done = run("--iso", "--add", f"{tmp_path}/data:/data/bytes", "--append", "word=1 other",
               "--fsck", "--", "/bin/sh", "-c", "cat /data/bytes; exit 7")
    assert done.returncode == 7, told(done)
    assert done.stdout == data
    assert b"command line: init=/bin/init console=raw word=1 other\n" in done.stderr


@pytest.mark.guest
def test_iso_moves_pages():
    text = ok("--iso", "--", "/bin/mcp", "-v", "/data/big", "/tmp/big")
    assert figures(text)["bytes_copied"] == 0, text


@pytest.mark.guest
def test_iso_without_image():
    done = run("--iso", "--image", "none", "--", "/bin/true")
    assert done.returncode == 125, told(done)
    assert b"no root" in done.stderr


@pytest.mark.parametrize("word", ["x='1'", 'x="1"', "x=$1", "x=\\1"])
def test_iso_refuses_what_grub_would_change(word):
    done = run("--iso", "--append", word, "--", "/bin/true")
    assert done.returncode == 125, told(done)
    assert b"GRUB" in done.stderr
