"""The kernel's modules, compiled for this machine with sanitizers (tests/host)."""

import os
import subprocess

import pytest

from magpie import BUILD, TOP

PROGRAMS = sorted(p.stem for p in (TOP / "tests/host").glob("test_*.c"))


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.timeout(300)
def test_host(program, tmp_path):
    """One cmocka program; it prints the seed that SEED= repeats."""
    done = subprocess.run(
        [BUILD / "host" / program], cwd=tmp_path, capture_output=True, text=True,
        timeout=290, errors="replace", check=False,
        env={**os.environ, "ASAN_OPTIONS": "detect_stack_use_after_return=1",
             "UBSAN_OPTIONS": "print_stacktrace=1", "TOP": str(TOP)})
    print(done.stdout, done.stderr, sep="\n")
    assert done.returncode == 0, f"build/host/{program} ended with {done.returncode}"
