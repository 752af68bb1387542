"""Fault injection: the README's example works as printed, the words on the command line do what
they say, and a failed write anywhere leaves nothing for e2fsck.  (Every n of five workloads:
the guest tests t-faults-*.)"""

import subprocess

import pytest

from magpie import TOP, figures, ok, readme_examples, run, told

pytestmark = pytest.mark.guest


def test_readme_example():
    found = readme_examples("fail")
    assert found
    for command, printed in found:
        done = subprocess.run(["bash", "-c", command], cwd=TOP, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=100, check=False)
        assert done.stdout == printed, done.stderr


@pytest.mark.parametrize("n", range(1, 7))
def test_failed_write_leaves_a_clean_disk(n):
    """Whichever write fails: said or not, it is written in the end."""
    done = run("--icount", "--fsck", "--append", f"fail=write:{n}", "--", "/bin/sh", "-c",
               "mkdir /tmp/d; cp /bin/sh /tmp/d/x; mcp /bin/sh /tmp/d/y; rm /tmp/d/x; sync;"
               "grep injected /proc/magpie/counters")
    assert done.returncode == 0, told(done)
    assert figures(done.stdout.decode())["injected"] == 1, told(done)


def test_slow_request():
    """One read in the middle of the copy takes 300 ms: it is waited for, and nothing else is."""
    def copy(before):
        return figures(ok("--icount", "--", "/bin/sh", "-c", before + "mcp -v /data/big /tmp/big"))

    quick = copy("")
    slow = copy("echo slow 25 300000 >/proc/magpie/fail; ")
    assert slow["pages_moved"] == quick["pages_moved"]
    extra = slow["instructions"] - quick["instructions"]
    assert 200_000_000 < extra < 310_000_000        # virtual time: a nanosecond each


def test_words_that_are_not_understood():
    done = run("--log", "--append", "fail=often:3", "--", "/bin/true")
    assert done.returncode == 0, told(done)
    assert "fail=often:3: not understood" in told(done)
