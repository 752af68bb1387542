"""The end of the kernel by its own hand: a message, registers, a backtrace with names, and status 125."""

import pytest

from magpie import run, told

CRASHES = {
    "panic": ["panic: asked for", "crash_write", "file_write"],
    "assert": ["panic: ", "how == NULL", "crash_write"],
    "fault": ["panic: page fault in the kernel", "cr2 00000000", "crash_write"],
    "stack": ["panic: kernel stack overflow", "recurse"],
}


@pytest.mark.parametrize("how", CRASHES)
def test_panic(how):
    done = run("--", "/bin/sh", "-c", f"echo {how} > /proc/magpie/crash")
    assert done.returncode == 125, told(done)
    assert done.stdout == b"", told(done)
    for words in CRASHES[how]:
        assert words in done.stderr.decode(), told(done)
