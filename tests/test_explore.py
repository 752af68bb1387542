"""Every order in which two or three actors can meet in the page cache (tests/explore,
docs/explorer.md)."""

import re
import subprocess

import pytest

from magpie import BUILD

STATES = 1_000_000


def explore(*words):
    """The explorer's words, which must not be of anything broken or left out."""
    done = subprocess.run([BUILD / "explore/explore", *words], capture_output=True,
                          text=True, timeout=880, errors="replace", check=False)
    print(done.stdout[-12000:], done.stderr)
    assert done.returncode == 0 and "BROKEN" not in done.stdout
    assert "not explored to the end" not in done.stdout
    return done.stdout


@pytest.mark.timeout(900)
def test_every_order():
    """All pairs, many triples: a million states at least, every conflict of the design met."""
    states = re.findall(r"(\d+) states", explore(str(STATES)))
    assert int(states[-1]) >= STATES


@pytest.mark.parametrize("casting", [
    ("warm", "mwrite anon", "anon store", "anon store"),
    ("full", "mwrite anon", "anon store", "exit"),
    ("warm", "mwrite anon", "anon store", "fork"),
    ("dirty", "mwrite file", "steal and write", "write a"),
    ("mapped", "mwrite hole", "anon store", "shared hole"),
], ids=" ".join)
def test_w16_another_processor(casting):
    """Others use the range while it moves: whatever the order, each byte is somebody's."""
    explore(*casting)


@pytest.mark.parametrize("casting", [
    ("dirty", "writeback b", "truncate b", "mwrite anon"),
    ("cold", "mwrite file", "truncate a", "exit"),
    ("warm", "mwrite anon", "mwrite file", "evict"),
], ids=" ".join)
def test_w19_w20_owners_and_transfers(casting):
    """No frame has two names, or leaves while a device is at work on it."""
    explore(*casting)
