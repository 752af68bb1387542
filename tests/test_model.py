"""P22: the page cache stays the point of coherence.  A hundred thousand random operations against
a model that knows every byte, on a disk that finishes in any order; and fewer on a machine with so
little memory that cached pages come and go.  A failure prints the seed and the operation."""

import pytest

from magpie import run, told

pytestmark = pytest.mark.guest

REORDER = ["--append", "ramdisk.latency_us=200 ramdisk.seed=7"]


@pytest.mark.parametrize("options, seed, count", [
    (REORDER, 1, 100_000),
    (["--ram", "16", *REORDER], 2, 20_000),
], ids=["reorder", "little-memory"])
def test_p22_model_agrees(options, seed, count):
    done = run("--icount", "--fsck", *options, "--", "/test/t-p22-model", seed, count)
    print(done.stdout.decode(errors="replace"))
    assert done.returncode == 0, told(done)
    assert f"seed {seed}, {count} operations" in done.stdout.decode()
    assert b"PASS agrees_with_the_model" in done.stdout
