"""The VGA screen and the PS/2 keyboard, by way of QEMU's monitor."""

import struct
import subprocess
import sys
import time
import zlib

import pytest

from magpie import BUILD, TOOL, TOP, told

sys.path.insert(0, str(TOP / "tools"))
from magpie_qmp import Qmp                              # noqa: E402

pytestmark = pytest.mark.guest

LISTING = "magpie:/$ ls -l /"


def screen(*words, picture=BUILD / "screen.png"):
    """tools/magpie screenshot; the lines of the screen."""
    done = subprocess.run([TOOL, "screenshot", *words[:-1], picture, "--", words[-1]],
                          capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def text_memory(qmp, folder):
    qmp.call("pmemsave", val=0xB8000, size=4000, filename=str(folder / "text"))
    return (folder / "text").read_bytes()[::2].decode("cp437")


def wait_until(true, seconds=60):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def png_size(path):
    """Width and height; every part of the file is checked."""
    data, at, parts = path.read_bytes(), 8, []
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    while at < len(data):
        size, = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4:at + 8], data[at + 8:at + 8 + size]
        assert struct.unpack_from(">I", data, at + 8 + size)[0] == zlib.crc32(kind + body)
        parts.append((kind, body))
        at += size + 12
    assert parts[-1][0] == b"IEND"
    return struct.unpack_from(">II", parts[0][1])


def from_listing(lines):
    return lines[lines.index(LISTING):]


def test_screen_picture_of_the_documentation():
    """docs/screen.png, made again: "make screenshot" renews it when this fails."""
    lines = screen("ls -l /")
    assert png_size(BUILD / "screen.png") == (720, 400) == png_size(TOP / "docs/screen.png")
    kept = (TOP / "docs/screen.txt").read_text().splitlines()
    assert from_listing(lines) == from_listing(kept)
    assert any(line.startswith("drwxr-xr-x") and line.endswith(" bin") for line in lines)
    assert lines[-1] == "magpie:/$"


def test_screen_shows_the_log_before_the_first_program():
    lines = screen("echo done")
    assert lines[0].startswith("Magpie: ") and lines[0].endswith("init=/bin/init")
    assert any(line.startswith("ramdisk: phys") for line in lines)
    assert lines[-3:] == ["magpie:/$ echo done", "done", "magpie:/$"]


def test_screen_by_way_of_grub():
    lines = screen("--iso", "ls -l /")
    assert any(line.endswith(" bin") for line in from_listing(lines))


def test_screen_keyboard_has_every_character():
    """Shift and all; single quotes, so the shell takes the rest as it is."""
    text = "".join(chr(c) for c in range(33, 127) if chr(c) != "'")
    lines = screen(f"echo '{text}'")
    assert text in "".join(lines)                       # it is longer than a line


def test_screen_keyboard_control_and_backspace():
    lines = screen("nonsense\x15echo onne\x7f\x7fe")
    assert lines[-3:] == ["magpie:/$ echo one", "one", "magpie:/$"]


def pixels(path):
    """Rows of a PPM picture without the text row of the cursor, which blinks."""
    kind, width, height, _, data = path.read_bytes().split(maxsplit=4)
    assert kind == b"P6"
    row = int(width) * 3
    return [data[at:at + row] for at in range(0, int(height) * row, row)]


def test_screen_text_mode_set_by_ourselves(tmp_path):
    """The registers as the firmware sets them and as vga_mode.c does: the same picture."""
    pictures = []
    for number, word in enumerate(["vga=any", "vga=set"]):
        path = tmp_path / f"{number}.ppm"
        lines = screen("--append", word, "echo look", picture=path)
        last = 16 * (len(lines) - 1)                    # where the cursor is
        pictures.append(pixels(path)[16:last])          # the first line tells the words
        assert len(pictures[-1]) > 100
    assert pictures[0] == pictures[1]


def test_screen_is_left_alone_in_a_batch_run(tmp_path):
    """With console=raw it keeps what the firmware wrote."""
    done = subprocess.run([TOOL, "screenshot", "--append", "console=raw", tmp_path / "raw.png"],
                          capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert "BIOS" in done.stdout
    assert "agpie" not in done.stdout


def test_screen_shows_a_panic(tmp_path):
    """Long after the log has left the screen.  Nobody expects a non-maskable interrupt."""
    qmp = Qmp()
    machine = subprocess.Popen(
        ["qemu-system-i386", "-accel", "tcg", "-cpu", "qemu32", "-m", "384", "-nodefaults",
         "-display", "none", "-vga", "std", "-kernel", BUILD / "kernel.elf", "-initrd",
         BUILD / "root.img", "-serial", f"file:{tmp_path}/com1", *qmp.options()],
        pass_fds=[qmp.theirs.fileno()])
    try:
        qmp.begin()
        wait_until(lambda: (tmp_path / "com1").read_bytes().endswith(b"$ "))
        qmp.call("inject-nmi")
        wait_until(lambda: "halted" in text_memory(qmp, tmp_path))
        text = text_memory(qmp, tmp_path)
        assert "panic: NMI in kernel mode" in text or "panic: NMI in user mode" in text
        assert "backtrace of task" in text
    finally:
        machine.kill()
        machine.wait()


def test_screen_bad_display():
    """A display that cannot be opened is said so, not a riddle."""
    done = subprocess.run([TOOL, "run", "--timeout", "30"], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=60, check=False,
                          env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "DISPLAY": ":9797"})
    words = done.stdout + done.stderr
    assert b"no window" in words and b"Traceback" not in words, told(done)
