"""The other compiler, the doctor, and how long booting takes."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from magpie import BUILD, TOOL, TOP, figures, ok, run, told

needs_clang = pytest.mark.skipif(not shutil.which("clang"), reason="clang is not here")


@needs_clang
@pytest.mark.guest
def test_clang_builds_a_kernel_that_works():
    """Warnings are errors, so that it builds says that there are none."""
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS")}
    done = subprocess.run(["make", "-C", TOP, "COMPILER=clang", "build/clang/kernel.elf"],
                          capture_output=True, text=True, timeout=280, check=False, env=env)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "warning" not in done.stderr
    out = ok("--kernel", BUILD / "clang/kernel.elf", "--", "/bin/sh", "-c",
             "mcp -v /data/big /tmp/big; cmp /data/big /tmp/big; cat /proc/magpie/check")
    got = figures(out)
    assert got["bytes_copied"] == got["page_faults"] == 0 and got["pages_moved"] > 4096
    assert out.endswith("ok\n")


def doctor(path):
    return subprocess.run([sys.executable, TOOL, "doctor"], env={"PATH": path},
                          capture_output=True, text=True, timeout=60, check=False)


def test_doctor_finds_all_well():
    done = doctor(os.environ["PATH"])
    assert done.returncode == 0, done.stdout
    assert re.search(r"(?m)^ok +build +i686-\w+(-gnu)?-gcc \d+\.\d", done.stdout)
    assert re.search(r"(?m)^ok +run +qemu-system-i386 \d+\.\d", done.stdout)


def test_doctor_names_what_is_missing_or_old(tmp_path):
    for tool in ("sh", "cat", "make"):
        (tmp_path / tool).symlink_to(shutil.which(tool))
    (tmp_path / "python3").symlink_to(sys.executable)
    nasm = tmp_path / "nasm"
    nasm.write_text("#!/bin/sh\necho NASM version 2.10.01 compiled today\n")
    nasm.chmod(0o755)
    done = doctor(str(tmp_path))
    assert done.returncode == 1
    assert re.search(r"(?m)^missing +run +qemu-system-x86", done.stdout), done.stdout
    assert re.search(r"(?m)^old +build +nasm 2\.10\.1: needs 2\.14", done.stdout), done.stdout
    fix = re.search(r"(?m)^The fix:.*", done.stdout)[0]
    assert "qemu-system-x86" in fix and "nasm" in fix


@pytest.mark.guest
def test_boot_time():
    """Instructions from reset, firmware included, until process 1 starts."""
    counts = []
    for _ in range(2):
        done = run("--icount", "--", "/bin/true")
        assert done.returncode == 0, told(done)
        counts.append(int(re.search(rb"process 1 starts, TSC (\d+)", done.stderr)[1]))
    print(f"{counts[0]:,} instructions from reset to init")
    assert counts[0] == counts[1]
    assert 1_000_000 < counts[0] < 100_000_000
