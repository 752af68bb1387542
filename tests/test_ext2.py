"""The root file system after an orderly end, and on a machine that may not write to it."""

import re
import subprocess

import pytest

from magpie import SBIN, e2fsck, run, told

pytestmark = pytest.mark.guest


def state(image):
    """What the superblock says of itself: "clean", "not clean", ..., and its orphans."""
    done = subprocess.run(["dumpe2fs", "-h", str(image)], env=SBIN, capture_output=True,
                          text=True, check=True)
    return (re.search(r"Filesystem state: *(.*)", done.stdout)[1],
            "First orphan inode" in done.stdout)


def run_and_keep(tmp_path, *words):
    """Run it; the result, and the root image as the machine left it."""
    image = tmp_path / "root.img"
    done = run("--keep-image", image, *words)
    clean, words = e2fsck(image)
    assert clean, words
    return done, image


def test_clean_after_exit(tmp_path):
    done, image = run_and_keep(tmp_path, "--", "/bin/mkdir", "-p", "/tmp/a/b/c")
    assert done.returncode == 0, told(done)
    assert state(image) == ("clean", False)


def test_clean_after_poweroff(tmp_path):
    """Another process than the first asks for it, and the shell is still there."""
    done, image = run_and_keep(tmp_path, "--", "/bin/sh", "-c",
                               "mkdir /tmp/d; mv /tmp/d /tmp/e; poweroff")
    assert done.returncode == 0, told(done)
    assert state(image) == ("clean", False)


def test_read_only(tmp_path):
    done, image = run_and_keep(tmp_path, "--append", "ro", "--", "/bin/sh", "-c",
                               "mkdir /tmp/x; rm /bin/ls; mv /bin/ls /tmp; touch /bin/ls; echo x >/tmp/x; "
                               "ls /bin/ls")
    assert done.returncode == 0, told(done)
    said = (done.stdout + done.stderr).decode()
    assert said.count("Read-only file system") == 5, told(done)
    assert "/bin/ls" in said.split()
    assert state(image) == ("clean", False)
