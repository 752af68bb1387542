"""tools/magpie doctor: which tools are missing or too old, and what to do about it.

What is needed for what is in the table of tools/setup; here are the oldest versions that
are known to work.  Exit status 1 if something that building or running needs is wrong.
"""

import os
import re
import shutil
import subprocess

# tool: (oldest version, why not an older one)
OLDEST = {
    "i686-linux-gnu-gcc": ((10,), "C11 with -fno-optimize-sibling-calls as used here"),
    "i686-elf-gcc": ((10,), "C11 as used here"),
    "nasm": ((2, 14), "dependency files (-MD) and DWARF"),
    "qemu-system-i386": ((6, 0), "TCG plugins, and -icount with sleep=off"),
    "gdb": ((10,), "the Python interface that tools/gdb uses"),
    "clang": ((12,), "C11 and thread-safety annotations as used here"),
    "python3": ((3, 9), "the language of the tools"),
    "make": ((4, 3), "grouped targets"),
    "mke2fs": ((1, 45), "mke2fs -d and E2FSPROGS_FAKE_TIME"),
}
FLAG = {"nasm": "-v", "mke2fs": "-V"}
ALWAYS = ["make", "python3"]            # without them we would not be here


def version(tool):
    """The version that a tool tells, as a tuple; () if it tells none."""
    try:
        done = subprocess.run([tool, FLAG.get(os.path.basename(tool), "--version")], capture_output=True,
                              text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = re.search(r"\b(\d+(?:\.\d+)+)", done.stdout + done.stderr)
    return tuple(map(int, found[1].split("."))) if found else ()


def dotted(numbers):
    return ".".join(map(str, numbers))


def find(probe):
    """The first of the things of a probe ("a|b": commands, or paths) that is there."""
    for thing in probe.split("|"):
        found = shutil.which(thing, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if found or thing.startswith("/") and os.path.exists(thing):
            return found or thing
    return None


def judge(tool):
    """("ok" or "old", what to say) of a tool that is there."""
    name = tool.rsplit("/", 1)[-1]
    if name not in OLDEST:
        return "ok", tool
    has, (oldest, why) = version(tool), OLDEST[name]
    if has and has < oldest:
        return "old", f"{name} {dotted(has)}: needs {dotted(oldest)}, for {why}"
    return "ok", f"{name} {dotted(has)}"


def run(top):
    table = subprocess.run([top / "tools/setup", "--table"], capture_output=True, text=True,
                           check=True).stdout
    rows = [("build", tool, tool, "") for tool in ALWAYS]
    rows += [line.split("\t") for line in table.splitlines()]
    wrong, fixes, seen = 0, [], set()
    for group, package, probe, purpose in rows:
        if (package, probe) in seen:
            continue
        seen.add((package, probe))
        tool = find(probe)
        state, words = judge(tool) if tool else ("missing", f"{package}: {purpose}")
        print(f"{state:8} {group:6} {words}")
        if state != "ok":
            wrong += group in ("build", "run")
            fixes.append((state, package))
    missing = [package for _, package in fixes]
    if missing:
        print("\nThe fix:  sudo apt-get update && sudo apt-get install "
              f"--no-install-recommends {' '.join(missing)}")
    if any(state == "old" for state, _ in fixes):
        print("If that brings no newer one, the system is too old: Debian 12 has all of them.")
    return 1 if wrong else 0
