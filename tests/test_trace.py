"""The trace: decoded system calls, events, the ring, and what it costs when it is off."""

import re

import pytest

from magpie import TOP, figures, ok, run, told

pytestmark = pytest.mark.guest


def strace(*words):
    """(stdout, the calls told on stderr) of a program."""
    done = run("--strace", "--", *words)
    assert done.returncode == 0, told(done)
    lines = done.stderr.decode().splitlines()
    return done.stdout, [line for line in lines if re.match(r"\[\d+\] \w+\(", line)]


def test_strace_decodes():
    out, calls = strace("/bin/sh", "-c", "cat /etc/passwd; cat /none; true")
    plain = ok("--", "/bin/sh", "-c", "cat /etc/passwd; cat /none; true").encode()
    assert out == plain, "the trace must not change what the program prints"
    text = "\n".join(calls)
    assert re.search(r'^\[2\] execve\("/bin/sh", 0x\w+, 0x\w+\) = 0$', text, re.M), text
    assert re.search(r'^\[\d+\] execve\("/bin/cat", 0x\w+, 0x\w+\) = 0$', text, re.M), text
    assert re.search(r'^\[\d+\] open\("/etc/passwd", 0x8000, 0\) = 3$', text, re.M), text
    assert re.search(r'^\[\d+\] open\("/none", 0x8000, 0\) = -1 ENOENT$', text, re.M), text
    assert re.search(r"^\[\d+\] read\(3, 0x\w+, 16384\) = 0$", text, re.M), text
    assert re.search(r"^\[2\] exit_group\(0\) = \?$", text, re.M), text


def test_strace_tells_every_argument():
    """64-bit numbers come as one; all six arguments of mmap2 are there."""
    _, calls = strace("/bin/mcp", "/data/big", "/tmp/big")
    text = "\n".join(calls)
    assert re.search(r"mmap2\(0x\w+|mmap2\(0, \d+, 0x\w+, 0x\w+, \d+, 0\) = 0x\w+", text), text
    assert re.search(r"fdatasync_area\(\d+, \d+, \d+\) = 0", text), text
    starts = [int(m) for m in re.findall(r"readahead\(\d+, (\d+), \d+\) = 0", text)]
    assert starts == sorted(starts) and len(starts) > 1 and starts[-1] > 1 << 22, text
    moved = sum(int(m, 0) for m in re.findall(r"mwrite\(\d+, 0x\w+, \d+\) = (\w+)", text))
    assert moved >= 16 << 20, text


def test_long_string_is_cut():
    _, calls = strace("/bin/cat", "/etc/../etc/../etc/../etc/../etc/../etc/../etc/../etc/../"
                      "etc/../etc/../etc/passwd")
    assert any(re.search(r'open\("(/etc/\.\.){7}.*"\.\.\., ', line) for line in calls), calls


@pytest.mark.parametrize("options", ["", "trace=all", "ramdisk.latency_us=200 trace=all trace.log"])
def test_tracecat_follows_a_copy(options):
    """Every page that mcp moved is in the trace, as runs; and so are its calls."""
    out = ok("--append", options, "--", "/bin/tracecat", "mcp", "-v", "/data/big", "/tmp/big")
    assert "events lost" not in out or "trace=all" in options, out[-3000:]
    pages = figures(out)["pages_moved"]
    runs = re.findall(r" move +mapping (0x\w+) page \d+ n (\d+) from", out)
    target = runs[-1][0]                # mcp first tries its luck with another file's page
    moves = [int(n) for mapping, n in runs if mapping == target]
    assert sum(moves) == pages
    assert len(moves) < pages / 50, "events are for runs, not for pages"
    for event in ("steal", "blk_submit", "blk_done", "wb_start", "wb_done", "cache_read",
                  "fault_file", "fault_cow", "switch"):
        assert re.search(rf" {event} +\w", out), event
    assert re.search(r' open\("/data/big", 0x\w+, 0\) = \d', out)
    times = [float(t) for t in re.findall(r"(?m)^(\d+\.\d{6}) ", out)]
    records = [t for t, line in zip(times, out.splitlines()) if " = " not in line]
    assert records == sorted(records) and times


def test_tracecat_of_something_short():
    """It is over before tracecat looks for the first time."""
    out = ok("--", "/bin/tracecat", "true")
    assert re.search(r" exit_group\(0\) = \?", out) and " fault_file " in out, out


def test_raw_records_and_selection():
    """Only what was chosen, by the beginnings of names; reading the trace ends."""
    out = ok("--", "/bin/sh", "-c", "echo fault_,blk > /proc/magpie/trace_on; "
             "cat /etc/passwd; cat /proc/magpie/trace; cat /proc/magpie/trace_on")
    events = set(re.findall(r"(?m)^\d+\.\d{6} 0 -?\d+ (\w+) ", out))
    assert "fault_file" in events and "blk_submit" in events
    assert all(event.startswith(("fault_", "blk")) for event in events), events
    states = dict(re.findall(r"(?m)^(\w+) (on|off)$", out))
    chosen = {event for event, state in states.items() if state == "on"}
    assert chosen == {e for e in states if e.startswith(("fault_", "blk"))}


def test_tracing_everything_ends():
    """The reader's own calls are traced too, and yet it comes to an end."""
    out = ok("--append", "trace=all", "--", "/bin/cat", "/proc/magpie/trace")
    assert re.search(r" syscall_enter 11 ", out), out[-2000:]         # execve


def test_off_is_off():
    assert ok("--", "/bin/cat", "/proc/magpie/trace") == ""


def test_unknown_event_is_refused():
    done = run("--strace", "--", "/bin/sh", "-c", "echo nonsense > /proc/magpie/trace_on")
    assert b"-1 EINVAL" in done.stderr
    done = run("--append", "trace=nonsense", "--", "/bin/true")
    assert done.returncode == 0 and b"names no event" in done.stderr


def test_one_list_of_events():
    """What the kernel says it has is what kernel/events.h lists, in that order."""
    listed = re.findall(r"(?m)^\tX\(\w+, +(\w+),", (TOP / "kernel/events.h").read_text())
    said = re.findall(r"(?m)^(\w+) off$", ok("--", "/bin/cat", "/proc/magpie/trace_on"))
    assert said == listed and len(listed) > 10
