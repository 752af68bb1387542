"""Pictures of what happens: tools/magpie trace, and memtop in the machine."""

import base64
import json
import re
import struct
import subprocess
import xml.etree.ElementTree as ET
import zlib
from collections import Counter

import pytest

from magpie import BUILD, TOOL, figures, ok, told

pytestmark = pytest.mark.guest

PAGES = 1024                            # of the file that is copied
LATENCY = ["--icount", "--append", "ramdisk.latency_us=200"]
SVG = "{http://www.w3.org/2000/svg}"


def trace(folder, *words):
    """tools/magpie trace; (the finished process, the JSON, the SVG)."""
    done = subprocess.run([TOOL, "trace", "--svg", folder / "t.svg", "--json", folder / "t.json",
                           *map(str, words)], capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, told(done)
    return done, json.loads((folder / "t.json").read_text()), ET.parse(folder / "t.svg").getroot()


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    """cp and mcp of the same file, in one picture."""
    folder = tmp_path_factory.mktemp("copies")
    (folder / "file").write_bytes(bytes(range(1, 129)) * 32 * PAGES)
    copy = "-v /data/file /tmp/copy"
    done, told_json, svg = trace(folder, *LATENCY, "--ram", 32, "--film", 3, "--add",
                                 f"{folder}/file:/data/file", "--beside", f"/bin/cp {copy}",
                                 "--", "/bin/mcp", *copy.split())
    cp, mcp = done.stdout.decode().split("bytes ")[1:]
    return {"said": [figures("bytes " + cp), figures("bytes " + mcp)], "json": told_json,
            "svg": svg}


def events(copies, run, **wanted):
    return [e for e in copies["json"]["traceEvents"]
            if e["pid"] == run and all(e.get(k) == v for k, v in wanted.items())]


def sums(copies):
    """Of cp and of mcp."""
    return list(copies["json"]["otherData"].values())


def pages(event):
    return int(re.search(r" n (\d+)", event["args"]["what"])[1])


def test_trace_is_in_order_and_whole(copies):
    """Times rise, and what begins ends: Perfetto draws anything, so it must be right here."""
    for run in (1, 2):
        body = [e for e in events(copies, run) if e["ph"] != "M"]
        times = [e["ts"] for e in body]
        assert times == sorted(times) and times[0] >= 0 and len(times) > 200
        open_ones = {}
        for e in body:
            if e["ph"] == "b":
                assert (e["cat"], e["id"]) not in open_ones
                open_ones[e["cat"], e["id"]] = e["ts"]
            elif e["ph"] == "e":
                assert open_ones.pop((e["cat"], e["id"])) <= e["ts"]
            elif e["ph"] == "X":
                assert e["dur"] >= 0
        assert not open_ones


def test_trace_is_in_the_format_of_the_viewers(copies):
    """[Trace Event Format]: what each kind of event must have; and no number of a thread that
    Perfetto refuses, or has a meaning of its own for."""
    must = {"M": {"args"}, "X": {"ts", "dur", "cat", "args"}, "b": {"ts", "cat", "id", "args"},
            "e": {"ts", "cat", "id"}, "i": {"ts", "cat", "s", "args"}}
    assert copies["json"]["displayTimeUnit"] in ("ms", "ns")
    found, threads, named = Counter(), set(), set()
    for e in copies["json"]["traceEvents"]:
        missing = must[e["ph"]] - e.keys() - ({"args"} if e["name"] == "halted" else set())
        assert not missing and isinstance(e["name"], str), e
        assert all(isinstance(e[k], int) and 0 < e[k] < 1 << 31 for k in ("pid", "tid")), e
        assert all(isinstance(e.get(k, 0.0), (int, float)) for k in ("ts", "dur")), e
        assert e.get("s", "t") in "gpt" and isinstance(e.get("args", {}), dict), e
        found[e["ph"]] += 1
        (named if e["name"] == "thread_name" else threads).add((e["pid"], e["tid"]))
    assert found.keys() == must.keys() and found["b"] == found["e"] and threads <= named


def test_trace_nests(copies):
    """Spans of one thread lie in each other or apart: viewers draw them as a stack."""
    for run in (1, 2):
        spans = events(copies, run, ph="X")
        for tid in {e["tid"] for e in spans}:
            open_ends = []
            for e in sorted((e for e in spans if e["tid"] == tid),
                            key=lambda e: (e["ts"], -e["dur"])):
                while open_ends and open_ends[-1] <= e["ts"]:
                    open_ends.pop()
                assert not open_ends or e["ts"] + e["dur"] <= open_ends[-1] + 1e-6, e
                open_ends.append(e["ts"] + e["dur"])


def test_trace_waits_for_the_disk(copies):
    """A request takes at least what the disk was told to take; somebody waits meanwhile."""
    for run in (1, 2):
        begun = {e["id"]: e["ts"] for e in events(copies, run, cat="io", ph="b")}
        for e in events(copies, run, cat="io", ph="e"):
            assert e["ts"] - begun[e["id"]] >= 199, e
        halted = sum(e["dur"] for e in events(copies, run, name="halted"))
        assert halted > 1000


def test_trace_adds_up_to_the_counters(copies):
    """What the picture shows is what cp -v and mcp -v say they cost."""
    (cp, mcp), (cp_sums, mcp_sums) = copies["said"], sums(copies)
    assert cp["bytes_copied"] == 2 * 4096 * PAGES
    warm_up, others = 65536, range(8192)        # of cp -v; reading and printing counters
    assert cp_sums["bytes_read"] - 4096 * PAGES - warm_up in others
    assert cp_sums["bytes_written"] == 4096 * PAGES + 2 * warm_up
    assert cp_sums["frames_stolen"] == cp_sums["frames_moved"] == 0
    moves = events(copies, 2, name="move")
    runs = Counter()
    for e in moves:
        runs[e["args"]["what"].split()[1]] += pages(e)
    assert mcp["bytes_copied"] == 0
    assert max(runs.values()) == mcp["pages_moved"] == PAGES
    assert sum(runs.values()) == mcp_sums["frames_moved"] == mcp_sums["frames_stolen"]
    assert mcp_sums["microseconds"] < cp_sums["microseconds"]
    calls = Counter(e["name"] for e in events(copies, 2, cat="syscall"))
    for name in ("readahead", "mwrite", "fdatasync_area"):
        assert calls[name] == mcp_sums[f"calls_{name}"] > 0


def test_trace_agrees_with_the_machines_counters(tmp_path):
    """vmstat counts from its fork to the end of its wait: so do we."""
    done, found, _ = trace(tmp_path, *LATENCY, "--film", 0, "--", "/bin/vmstat", "mcp",
                           "/bin/mcp", "/tmp/copy")
    counted = figures(done.stdout.decode())
    body = found["traceEvents"]
    fork, = [e for e in body if e["name"] == "fork"]
    wait, = [e for e in body if e["name"] == "wait4"]
    meanwhile = [e for e in body if e["ph"] in "ibX"
                 and fork["ts"] <= e["ts"] <= wait["ts"] + wait["dur"]]

    def total(name):
        return sum(pages(e) for e in meanwhile if e["name"] == name)
    assert total("move") == counted["frames_moved"] > 0
    assert total("steal") == counted["frames_stolen"]
    assert sum(e["args"]["n"] for e in meanwhile if e["name"] == "write-out") \
        == counted["pages_written"]
    io = [e for e in meanwhile if e.get("cat") == "io"]
    flushes = sum(e["name"] == "flush" for e in io)
    assert flushes == counted["blk_flushes"] > 0
    assert len(io) - flushes == counted["blk_requests"]
    assert sum(e["args"]["n"] for e in io) == counted["blk_segments"]
    assert sum(e["name"] == "fault_cow" for e in meanwhile) == counted["faults_cow"]


def group(svg, name):
    found = [g for g in svg.iter(SVG + "g") if g.get("id") == name]
    assert len(found) == 1, name
    return [r for r in found[0].iter(SVG + "rect") if r.find(SVG + "title") is not None]


def test_picture_shows_what_the_trace_has(copies):
    """One rectangle for each thing that happened, inside the picture, on one scale."""
    svg = copies["svg"]
    width = float(svg.get("width"))
    for lane, name in (("steals", "steal"), ("moves", "move"), ("write-out", "write-out"),
                       ("disk reads", "read")):
        shown = group(svg, lane)
        happened = [e for run in (1, 2) for e in events(copies, run, name=name)
                    if e["ph"] in "ib" and e["cat"] != "syscall"]
        assert len(shown) == len(happened) > 0, lane
        assert all(0 <= float(r.get("x")) <= width for r in shown)
    calls = [e for run in (1, 2) for e in events(copies, run, cat="syscall")]
    shown = group(svg, "system calls")
    assert len(shown) == len(calls)
    scales = {round(float(r.get("width")) / e["dur"], 4)
              for r, e in zip(shown, calls) if float(r.get("width")) > 20}
    assert max(scales) - min(scales) < 0.001


def test_picture_tells_what_it_comes_to(copies):
    """Bars above the lanes, the longest for whoever has most, their lengths in proportion."""
    svg, (cp, mcp) = copies["svg"], sums(copies)
    bars = {}
    for r in svg.findall(SVG + "rect"):
        words = r.findtext(SVG + "title") or ""
        if words.split(":")[0] in ("time", "processor works", "bytes copied", "frames moved"):
            bars.setdefault(words.split(":")[0], []).append((float(r.get("width")), words))
    assert len(bars) == 4 and all(len(both) == 2 for both in bars.values()), bars
    for name, counted in (("time", "microseconds"), ("frames moved", "frames_moved")):
        (left, _), (right, _) = bars[name]
        assert abs(left - max(right * cp[counted] / mcp[counted], 1)) < 1, bars
    assert bars["bytes copied"][0][0] > 50 * bars["bytes copied"][1][0]
    assert f"{mcp['frames_moved']:,} moved" in bars["frames moved"][1][1]


def cells(image):
    """How many pixels there are of each colour in a PNG with a palette."""
    data = base64.b64decode(image.get("href").split(",")[1])
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, parts = 8, {}
    while at < len(data):
        size, = struct.unpack_from(">I", data, at)
        parts[data[at + 4:at + 8]] = data[at + 8:at + 8 + size]
        at += size + 12
    width, height = struct.unpack_from(">II", parts[b"IHDR"])
    rows = zlib.decompress(parts[b"IDAT"])
    assert len(rows) == (width + 1) * height
    found = Counter(k for y in range(height)
                    for k in rows[y * (width + 1) + 1:(y + 1) * (width + 1)])
    palette = parts[b"PLTE"]
    return Counter({palette[3 * k:3 * k + 3].hex(): n for k, n in found.items()})


def test_film_shows_every_frame(copies):
    """No frame is lost between two pictures; cp fills the cache with two files, mcp with one."""
    free, reserved = "eef1f3", "b9c1c7"
    films = [cells(i) for i in copies["svg"].iter(SVG + "image")]
    assert len(films) == 6
    frames = {sum(film.values()) - film[reserved] for film in films}
    assert len(frames) == 1 and 7000 < frames.pop() <= 8192
    used = [sum(film.values()) - film[reserved] - film[free] for film in films]
    assert 2 * PAGES + 500 > used[2] > 1.6 * PAGES + 100         # of cp, near its end
    assert PAGES < used[5] < PAGES + 500                        # of mcp


def test_film_at_events(tmp_path):
    """Pictures of memory from the first to the last move, and not a moment later."""
    _, found, svg = trace(tmp_path, *LATENCY, "--film", 3, "--film-at", "move", "--",
                          "/bin/mcp", "/data/big", "/tmp/copy")
    moves = [e["ts"] / 1000 for e in found["traceEvents"] if e["name"] == "move"]
    shown = [float(t.text.split()[1]) for t in svg.iter(SVG + "text")
             if re.fullmatch(r"\d: [\d.]+ ms, [\d,]+ in use", t.text)]
    assert len(shown) == 3 and shown == sorted(shown)
    for time in shown:
        assert min(abs(time - move) for move in moves) < 0.06, (shown, moves)
    assert abs(shown[0] - moves[0]) < 0.06 and abs(shown[-1] - moves[-1]) < 0.06


def test_trace_that_is_too_long_says_so(tmp_path):
    """The ring has not everything: no picture of half a run.  --whole keeps it."""
    words = ["--film", "0", "--svg", tmp_path / "s", "--json", tmp_path / "j", "--", "/bin/sh",
             "-c", "cp /data/big /tmp/a; cp /data/big /tmp/b"]
    done = subprocess.run([TOOL, "trace", *words], capture_output=True, timeout=100, check=False)
    assert done.returncode == 125 and b"--whole keeps all" in done.stderr, told(done)
    assert not (tmp_path / "s").exists()
    done = subprocess.run([TOOL, "trace", "--whole", *words], capture_output=True, timeout=100,
                          check=False)
    assert done.returncode == 0, told(done)
    found = json.loads((tmp_path / "j").read_text())
    assert sum(e["name"] == "execve" and e["args"]["call"].endswith("= 0")
               for e in found["traceEvents"]) == 3


def test_trace_passes_the_exit_status_on(tmp_path):
    done = subprocess.run([TOOL, "trace", "--film", "0", "--svg", tmp_path / "s", "--json",
                           tmp_path / "j", "--", "/bin/sh", "-c", "echo seen; exit 7"],
                          capture_output=True, timeout=60, check=False)
    assert done.returncode == 7 and done.stdout == b"seen\n", told(done)


# ---- memtop ---------------------------------------------------------------------------


def legend(picture):
    return {c: int(n) for c, n in re.findall(r"(?:^|\s)(\S) +(\d+) [a-z]", picture)}


def cached(picture):
    return {path: (int(n), int(dirty))
            for n, dirty, path in re.findall(r"(?m)^ +(\d+) +(\d+)  (/.*)$", picture)}


def test_memtop_while_a_file_is_moved():
    out = ok(*LATENCY, "--", "/bin/memtop", "-b", "-n", "6", "-d", "0.008", "mcp", "/data/big",
             "/tmp/big")
    pictures = re.split(r"(?m)^memtop \d+: ", out)[1:]
    assert 3 <= len(pictures) <= 6
    for picture in pictures:
        total, each = map(int, re.match(r"(\d+) frames .* is (\d+) of", picture).groups())
        letters = legend(picture)
        assert sum(letters.values()) == total
        cells_shown = "".join(re.findall(r"(?m)^  ([^ 0-9]{40,76})$", picture))
        assert len(cells_shown) == -(-(total - letters["#"]) // each)
        assert set(cells_shown) <= set(letters) - {"#"}
    moved = [int(re.search(r"frames_moved +(\d+)", p)[1]) for p in pictures]
    assert moved == sorted(moved) and moved[0] == 0 < moved[1] < moved[-1]
    assert cached(pictures[-1])["/tmp/big"] == (moved[-1], 0)
    during = cached(pictures[1])
    assert during["/tmp/big"][0] > 0 and during["/data/big"][0] > 0


def test_memtop_passes_the_exit_status_on():
    out = ok("--", "/bin/sh", "-c", "memtop -b -n 2 -d 0 sh -c 'exit 5' >/dev/null; echo $?;"
             "memtop -n x -q; memtop -b -d 0 -n 1 | grep -c frames")
    assert out.split()[0] == "5" and out.split()[-1] != "0"


def test_memtop_on_the_screen(tmp_path):
    """In colour, without scrolling: the first line of the last picture is at the top."""
    done = subprocess.run(
        [TOOL, "screenshot", "--append", "ramdisk.latency_us=1000", tmp_path / "s.ppm", "--",
         "memtop -n 3 -d 0.05 cp /data/big /tmp/copy"], capture_output=True, timeout=150,
        check=False)
    assert done.returncode == 0, told(done)
    text = done.stdout.decode()
    lines = text.splitlines()
    assert re.match(r"memtop 3: \d+ frames", lines[0]) and lines[-1] == "magpie:/$", text
    assert legend(text)["c"] + legend(text)["D"] > 16000, text
    files = cached(text)
    assert files["/tmp/copy"][0] == files["/data/big"][0] > 8000, text
    kind, width, _, _, data = (tmp_path / "s.ppm").read_bytes().split(maxsplit=4)
    assert kind == b"P6"
    row = 24 * int(width) * 3                           # in the map's first line
    colours = {data[k:k + 3] for k in range(row, row + int(width) * 3, 3)}
    assert any(red == blue == 0 < green for red, green, blue in colours)        # clean


def test_frames_and_counts_agree():
    """The file of letters is as long as memory, and says of it what mem says."""
    out = ok("--", "/bin/sh", "-c", "wc /proc/magpie/frames; cat /proc/magpie/mem")
    counts = figures(out)
    assert int(out.split()[2]) == counts["frames_total"]


def test_picture_of_the_documentation():
    """docs/cp-mcp.svg shows two runs; "make pictures" renews it."""
    root = ET.parse(BUILD.parent / "docs/cp-mcp.svg").getroot()
    words = " ".join(t.text for t in root.iter(SVG + "text"))
    assert "mcp -v" in words and "4,097 moved" in words
    assert len(list(root.iter(SVG + "image"))) == 8
