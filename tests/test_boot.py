"""Booting with what is wrong: a clear message and an end, never a hang.  And with much
and little memory."""

import struct
import subprocess

import pytest

from magpie import BUILD, ok, run, told

pytestmark = pytest.mark.guest

MIB = 1 << 20


@pytest.fixture
def image(tmp_path):
    """A copy of the root image to spoil."""
    copy = tmp_path / "root.img"
    subprocess.run(["cp", "--sparse=always", BUILD / "root.img", copy], check=True)
    return copy


def refused(*words):
    """Boot a shell; it must end by itself, soon, and not well.  Returns the words."""
    done = run("--timeout", "30", "--log", *words)
    text = told(done)
    assert done.returncode == 125, text
    assert "triple fault" not in text
    return text.lower()


def test_boot_without_root_image():
    assert "root" in refused("--image", "none")


def test_boot_with_truncated_root_image(image):
    """The superblock tells of more blocks than there are."""
    with image.open("r+b") as f:
        f.truncate(image.stat().st_size // 2)
    assert "ext2" in refused("--image", image)


@pytest.mark.parametrize("size", [1, 512, 4096])
def test_boot_with_tiny_root_image(tmp_path, size):
    (tmp_path / "tiny").write_bytes(b"\xff" * size)
    refused("--image", tmp_path / "tiny")


def test_boot_with_zeros(tmp_path):
    with (tmp_path / "zeros").open("wb") as f:
        f.truncate(8 * MIB)
    assert "ext2" in refused("--image", tmp_path / "zeros")


def spoil(image, offset, fmt, value):
    with image.open("r+b") as f:
        f.seek(offset)
        f.write(struct.pack(fmt, value))


SUPERBLOCK = 1024
DAMAGE = {                      # field: offset in the superblock, format, value [ext2 §3.1]
    "magic": (56, "<H", 0x1234),
    "block-size": (24, "<I", 77),
    "blocks-per-group": (32, "<I", 0),
    "inodes-per-group": (40, "<I", 0),
    "inode-size": (88, "<H", 3),
    "incompatible-feature": (96, "<I", 0x40),
}


@pytest.mark.parametrize("field", DAMAGE)
def test_boot_with_damaged_superblock(image, field):
    offset, fmt, value = DAMAGE[field]
    spoil(image, SUPERBLOCK + offset, fmt, value)
    assert "ext2" in refused("--image", image)


@pytest.mark.parametrize("table", [0, 0xffffffff], ids=["zero", "huge"])
def test_boot_with_damaged_group(image, table):
    """The first group's inode table is said to be where it cannot be."""
    spoil(image, 4096 + 8, "<I", table)
    assert "ext2" in refused("--image", image)


def test_boot_without_init(image):
    subprocess.run(["/sbin/debugfs", "-w", "-R", "rm /bin/init", image],
                   capture_output=True, check=True)
    assert "init" in refused("--image", image)


@pytest.mark.parametrize("ram", [96, 64])
def test_boot_with_module_cut_by_qemu(ram):
    """QEMU silently cuts a module that does not fit; the kernel must notice."""
    done = subprocess.run(
        ["qemu-system-i386", "-accel", "tcg", "-cpu", "qemu32", "-m", str(ram),
         "-nodefaults", "-display", "none", "-no-reboot",
         "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04",
         "-serial", "null", "-serial", "stdio",
         "-kernel", BUILD / "kernel.elf", "-initrd", BUILD / "root.img"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
    words = (done.stdout + done.stderr).lower()
    assert done.returncode != 0, words
    assert "module" in words or "memory" in words or "root" in words


def test_boot_with_too_little_memory():
    assert "memory" in refused("--ram", "1")


@pytest.mark.parametrize("ram", [2, 3, 4, 6, 8])
def test_boot_with_hardly_enough_memory(ram):
    """It works, or the kernel says why not, or a program is told so: no hang, no panic."""
    done = run("--timeout", "30", "--ram", ram, "--", "/bin/mcp", "/data/big", "/tmp/big")
    text = told(done)
    assert "panic" not in text and "triple fault" not in text
    if done.returncode:
        assert done.returncode < 124 or "Magpie cannot start" in text, text
        assert "memory" in text, text


@pytest.mark.parametrize("ram", [16, 64, 512, 768, 1500])
def test_boot_with_memory(ram):
    """16 MiB are enough, 768 are used, and more do no harm."""
    text = ok("--ram", str(ram), "--", "/bin/sh", "-c", "free; echo all well")
    assert text.endswith("all well\n")
