"""Mistakes that others made, and rules of our own undone, each kept as a patch in tests/bugs:
that the explorer, or another test, catches every one shows that they can catch anything."""

import os
import re
import shlex
import shutil
import subprocess

import pytest

from magpie import TOP

PATCHES = sorted((TOP / "tests/bugs").glob("*.patch"))
SOURCES = ["Makefile", "kernel", "mm", "fs", "drivers", "tests", "tools"]


def caught_by(patch):
    """The words after "Caught-by:": explore CASTING, or host PROGRAM."""
    return shlex.split(re.search(r"^Caught-by: (.*)$", patch.read_text(), re.M).group(1))


@pytest.fixture(scope="module", name="tree")
def copy_of_the_tree(tmp_path_factory):
    """The sources in a folder of their own, and what is built of them already."""
    tree = tmp_path_factory.mktemp("bugs")
    for name in SOURCES + ["build/explore", "build/host"]:
        if (TOP / name).is_dir():
            shutil.copytree(TOP / name, tree / name, symlinks=True)
        elif (TOP / name).exists():
            shutil.copy2(TOP / name, tree / name)
    return tree


def in_tree(tree, *words, **more):
    return subprocess.run(list(map(str, words)), cwd=tree, capture_output=True, text=True,
                          errors="replace", check=False, **more)


def apply(tree, patch, *options):
    return in_tree(tree, "patch", "-p1", "--fuzz=2", "--no-backup-if-mismatch", *options,
                   "-i", patch)


@pytest.fixture(name="broken")
def broken_tree(tree, request):
    """The tree with one patch in it; afterwards without."""
    patch = request.param
    done = apply(tree, patch)
    assert done.returncode == 0, f"{patch.name} does not apply any more:\n{done.stdout}"
    yield tree, patch
    assert apply(tree, patch, "-R").returncode == 0


@pytest.mark.parametrize("broken", PATCHES, ids=lambda p: p.stem, indirect=True)
@pytest.mark.timeout(600)
def test_bug(broken):
    """Applies, compiles, and is caught by whom it says."""
    tree, patch = broken
    tool, *words = caught_by(patch)
    program = "explore/explore" if tool == "explore" else "host/" + words.pop(0)
    built = in_tree(tree, "make", f"build/{program}", env={**os.environ, "MAKEFLAGS": ""})
    assert built.returncode == 0, built.stdout + built.stderr
    done = in_tree(tree, tree / "build" / program, *words, timeout=300,
                   env={**os.environ, "SEED": "1", "TOP": str(TOP)})
    print(done.stdout[-4000:], done.stderr[-2000:])
    assert done.returncode != 0, "nobody noticed"
    if tool == "explore":
        assert done.returncode == 1 and "BROKEN: " in done.stdout


def test_there_are_fourteen():
    """Eight of others, six rules of ours."""
    names = [p.stem for p in PATCHES]
    assert [int(n[:2]) for n in names] == list(range(1, 15)), names
