"""The contract of tools/magpie run, which other people's scripts rely on."""

import os
import random
import subprocess
import time

import pytest

from magpie import BUILD, TOOL, TOP, figures, ok, run, same, told

# ---- what the tool makes of the ways a machine can end -----------------------------

ALL_BYTES = bytes(range(256))


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """machine(way, *options): run tests/fixtures/machine.asm, which ends that way."""
    folder = tmp_path_factory.mktemp("machine")

    def boot(way, *options):
        kernel = folder / f"{way}.bin"
        subprocess.run(["nasm", "-f", "bin", f"-DWAY={way}", "-o", kernel,
                        TOP / "tests/fixtures/machine.asm"], check=True)
        return run("--kernel", kernel, "--image", "none", *options, "--", "/bin/any")
    return boot


def test_verdict_exit(machine):
    done = machine("exit")
    assert done.returncode == 42, told(done)
    assert done.stdout == ALL_BYTES
    assert done.stderr == b"a line of the log\nexit 42\n"


def test_verdict_no_exit_line(machine):
    done = machine("silent")
    assert done.returncode == 125, told(done)
    assert b"does not end with its exit status" in done.stderr


def test_verdict_panic(machine):
    done = machine("panic")
    assert done.returncode == 125, told(done)
    assert b"panic: on purpose\n  in start" in done.stderr
    assert b"the kernel panicked" in done.stderr


def test_verdict_triple_fault(machine):
    done = machine("triple")
    assert done.returncode == 125, told(done)
    assert b"triple fault" in done.stderr


def test_verdict_timeout(machine):
    begin = time.monotonic()
    done = machine("hang", "--timeout", "2")
    assert done.returncode == 124, told(done)
    assert 2 <= time.monotonic() - begin < 10
    assert b"a line of the log" in done.stderr.split(b"stopped after 2 s")[1]


@pytest.mark.parametrize("words, message", [
    (["--add", "/nonexistent", "--", "/bin/true"], "is not a file"),
    (["--add", "/etc/passwd:relative", "--", "/bin/true"], "starts with /"),
    (["--image", "/nonexistent", "--", "/bin/true"], "no such file"),
    (["--kernel", "/nonexistent", "--", "/bin/true"], "no such file"),
    (["--stdin", "/nonexistent", "--", "/bin/cat"], "no such file"),
    (["--stdin", "/dev/null"], "--stdin is for a PROGRAM"),
], ids=["add", "add-relative", "image", "kernel", "stdin", "stdin-shell"])
def test_bad_words(words, message):
    done = run(*words)
    text = told(done)
    assert done.returncode == 125, text
    assert message in text


def test_damaged_image_is_called_by_its_name(tmp_path):
    image = tmp_path / "damaged.img"
    image.write_bytes(bytes(1 << 20))
    done = run("--image", image, "--", "/bin/true")
    assert done.returncode == 125, told(done)
    words = done.stderr.decode()
    assert words.startswith(f"tools/magpie: {image}: ") and "root.img" not in words, words


@pytest.mark.parametrize("option", ["--nonsense"])
def test_unknown_option(option):
    assert run(option, "--", "/bin/true").returncode == 2


# ---- the kernel's end of it --------------------------------------------------------

guest = pytest.mark.guest


@guest
def test_output_is_the_programs_alone():
    assert ok("--", "/bin/echo", "a  b", "$c", "") == "a  b $c \n"


@guest
def test_output_byte_for_byte(tmp_path):
    """Carriage returns, control characters, no newline at the end: nothing changes."""
    data = ALL_BYTES + random.Random(1).randbytes(300_000) + b"no newline"
    (tmp_path / "data").write_bytes(data)
    done = run("--add", f"{tmp_path}/data:/data/bytes", "--", "/bin/cat", "/data/bytes")
    assert done.returncode == 0, told(done)
    assert same(done.stdout, data)


@guest
def test_log_is_on_stderr():
    done = run("--", "/bin/echo", "here")
    assert done.stdout == b"here\n"
    assert done.stderr.endswith(b"exit 0\n")
    assert b"ramdisk: phys 0x" in done.stderr


@guest
@pytest.mark.parametrize("status", [0, 1, 2, 42, 98, 124, 125, 127, 128, 200, 255])
def test_exit_status(status):
    done = run("--", "/bin/sh", "-c", f"exit {status}")
    assert done.returncode == status, told(done)


@guest
def test_no_such_program():
    done = run("--", "/bin/nonexistent")
    assert done.returncode == 127, told(done)


@guest
def test_stdin_is_empty():
    assert ok("--", "/bin/cat") == ""


@guest
def test_stdin_from_a_file(tmp_path):
    (tmp_path / "in").write_bytes(ALL_BYTES * 3)
    done = run("--stdin", tmp_path / "in", "--", "/bin/cat")
    assert done.returncode == 0, told(done)
    assert done.stdout == ALL_BYTES * 3


@guest
def test_stdin_from_a_pipe():
    reader, writer = os.pipe()
    os.write(writer, b"through a pipe\n")
    os.close(writer)
    done = run("--stdin", "-", "--", "/bin/cat", stdin=reader)
    os.close(reader)
    assert done.stdout == b"through a pipe\n", told(done)


HELLO = r"""
#include <stdio.h>
int main(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        printf("%d %s\n", i, argv[i]);
    return 7;
}
"""


@guest
def test_add_a_program(tmp_path):
    """A program compiled on the spot, as the README shows."""
    (tmp_path / "hello.c").write_text(HELLO)
    subprocess.run([BUILD / "musl/bin/magpie-gcc", tmp_path / "hello.c",
                    "-o", tmp_path / "hello"], check=True)
    done = run("--add", f"{tmp_path}/hello:/bin/hello", "--", "/bin/hello", "x y", "z")
    assert done.returncode == 7, told(done)
    assert done.stdout == b"0 /bin/hello\n1 x y\n2 z\n"


@guest
def test_add_replaces_and_makes_folders(tmp_path):
    (tmp_path / "new").write_text("new\n")
    assert ok("--add", f"{tmp_path}/new:/etc/passwd", "--add", f"{tmp_path}/new:/a/b/c",
              "--", "/bin/cat", "/etc/passwd", "/a/b/c") == "new\nnew\n"


@guest
def test_timeout_of_a_program():
    done = run("--timeout", "8", "--", "/bin/sh", "-c",
               "echo begun; /bin/cat </dev/console")
    assert done.returncode == 124, told(done)
    assert done.stdout == b"begun\n"


@guest
def test_image_is_not_touched():
    before = (BUILD / "root.img").stat()
    ok("--", "/bin/cp", "/etc/passwd", "/tmp/new")
    after = (BUILD / "root.img").stat()
    assert (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size)
    assert run("--", "/bin/cat", "/tmp/new").returncode == 1


@guest
def test_icount_is_deterministic():
    counts = [figures(ok("--icount", "--", "/bin/mcp", "-v", "/bin/sh", "/tmp/sh"))
              for _ in range(2)]
    assert counts[0] == counts[1]
    assert counts[0]["instructions"] > 0


@guest
def test_shell_script_from_a_pipe():
    done = run("--timeout", "60", stdin=subprocess.DEVNULL)
    assert done.returncode == 0, told(done)
    script = subprocess.run([TOOL, "run", "--timeout", "60"], input=b"echo from a pipe\n",
                            capture_output=True, timeout=100, check=False)
    assert script.returncode == 0, told(script)
    assert b"$ from a pipe\r\n" in script.stdout
