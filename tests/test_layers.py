"""tools/layers.py finds every broken rule of its fixture, and nothing else there."""

import os
import subprocess

import pytest

from magpie import TOP

CROSS = os.environ.get("CROSS", "i686-linux-gnu-")
FIXTURE = TOP / "tests/fixtures/layers"

BROKEN = {
    "include-up": "mm/phys/includes_up.c:2: floor 3 must not reach mm/cache/name.h",
    "other-half": "drivers/includes_other_half.c:2: floor 4 must not reach mm/cache",
    "call-up": "kernel/lib/calls_up.c: name(): floor 0 must not reach mm/cache/name.c",
    "cast": "fs/casts.c:9: a number becomes a pointer",
    "wide-cast": "fs/casts.c:14: a number becomes a pointer",
    "extern": "kernel/sys/declares.c:2: extern in a .c file",
    "assembly": "fs/assembler.c:6: inline assembly outside kernel/x86",
    "header": "mm/space/needs_company.h: does not compile alone",
}


@pytest.fixture(scope="module")
def complaints(tmp_path_factory):
    objects = tmp_path_factory.mktemp("objects")
    for source in FIXTURE.rglob("*.c"):
        target = objects / f"{source.relative_to(FIXTURE)}.o"
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([f"{CROSS}gcc", "-ffreestanding", "-c", "-I.", source, "-o", target],
                       cwd=FIXTURE, check=True)
    done = subprocess.run(
        [TOP / "tools/layers.py", "--quiet", "--root", FIXTURE, "--objects", objects,
         "--cross", CROSS],
        capture_output=True, text=True, check=False)
    assert done.returncode == 1
    return done.stderr.splitlines()


@pytest.mark.parametrize("rule", BROKEN)
def test_layers_finds(rule, complaints):
    assert [line for line in complaints if line.startswith(BROKEN[rule])]


def test_layers_finds_nothing_else(complaints):
    assert len(complaints) == len(BROKEN), "\n".join(complaints)
