"""What happened in a run, from the records of the kernel's trace: spans and points on one
time axis, and what they add up to.

With `trace.end` on its command line the kernel writes the records into its log when the
machine ends, so that writing them takes nothing from what they tell of.  The names are
those of kernel/events.h.  Read next: magpie_picture.py
"""

import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field

from magpie_image import Failure
from magpie_trace import Strace

TRACE, LIFE = b"trace: ", b"life: "     # how such lines of the log begin
OPTIONS = "trace=all trace.end"         # what the kernel is told
OPS = {0: "read", 1: "write", 2: "flush"}
FAULTS = ("fault_anon", "fault_file", "fault_uncached", "fault_cow", "fault_bad")
PROGRAM = 2                             # the process that init starts
KERNEL_THREADS = 1000000                # for viewers: tasks that are no process
POINTS = FAULTS + ("steal", "move", "cache_miss", "cache_read", "reclaim")


@dataclass
class Record:
    number: int                         # counted from 0 since boot
    time: float                         # microseconds since boot
    pid: int
    event: str
    words: list                         # what its format printed

    def figure(self, word):
        """The number after @word: "page 7 n 3" has 3 after n."""
        return int(self.words[self.words.index(word) + 1], 0)


@dataclass
class Span:
    start: float
    end: float
    kind: str                           # name of the call, read, write, flush, write-out
    pid: int
    text: str                           # for people
    n: int = 0                          # segments, or pages
    info: dict = field(default_factory=dict)


@dataclass
class Life:
    number: int
    time: float
    letters: str                        # one for each frame


class Recorder:
    """Takes the bytes of the log, and at the end gives back those that are neither trace nor
    life.  Meanwhile it does not look at them: the machine must not wait for us."""

    def __init__(self, options):
        self.options = options          # for the kernel's command line
        self.log = []
        self.first = 0                  # number of the oldest record there is
        self.records = []
        self.lives = {}                 # number of a record -> letters

    def sift(self, data):
        self.log.append(data)
        return b""

    def end(self):
        lines = b"".join(self.log).splitlines(keepends=True)
        return b"".join(line for line in lines if not self.take(line.decode("latin-1").strip()))

    def take(self, line):
        if line.startswith(TRACE.decode()):
            self.record(line[len(TRACE):].split())
        elif line.startswith(LIFE.decode()):
            self.life(line[len(LIFE):])
        else:
            return False
        return True

    def record(self, words):
        if words[0] == "first":
            self.first = int(words[1])
        elif words[0] != "...":
            seconds, _cpu, pid, event, *rest = words
            whole, fraction = seconds.split(".")
            self.records.append(Record(self.first + len(self.records),
                                       int(whole) * 1e6 + int(fraction), int(pid), event, rest))

    def life(self, text):
        if text.isdigit():
            self.lives[int(text)] = ""
        else:
            last = next(reversed(self.lives))
            self.lives[last] += "".join(letter * int(n)
                                        for letter, n in re.findall(r"(\D)(\d+)", text))


class Calls(Strace):
    """Puts the records of a system call together, as --strace does."""

    def __init__(self):
        super().__init__(None)
        self.begun = {}                 # pid -> time
        self.spans, self.names = [], {}

    def see(self, r):
        if r.event == "syscall_enter":
            self.begun[r.pid] = r.time
        self.now = r.time
        self.record(["", "", str(r.pid), r.event, *r.words])

    def say(self, pid, result):
        call = self.calls.pop(pid)
        text = f"{call} = {result}"
        if call.name == "execve" and result == "0":
            self.names[pid] = re.search(r'"(.*?)"', text)[1].rsplit("/", 1)[-1]
        returned = result != "?"
        self.spans.append(Span(self.begun[pid], self.now, call.name, pid, text,
                               int(result, 0) if re.fullmatch(r"\d+|0x\w+", result) else 0,
                               {"returned": returned}))


class Timeline:
    """A program's run, from its execve to its exit.  Times are from the former on."""

    def __init__(self, recorder, title):
        self.title = title
        self.records = recorder.records
        self.lost = recorder.first
        self.cut()
        self.calls, self.names = self.read_calls()
        self.requests = self.read_requests()
        self.writeouts = self.read_writeouts()
        self.halted = self.read_halted()
        self.points = {name: [r for r in self.records if r.event == name] for name in POINTS}
        self.lives = []

    def cut(self):
        """Leave what belongs to the program, or happens while it is there."""
        execs = [r for r in self.records if r.event == "syscall_enter" and r.words[0] == "11"]
        if not execs or self.lost and execs[0].pid != PROGRAM:
            raise Failure("the trace does not reach back to the program's start: it holds the "
                          f"last {len(self.records)} of {self.lost + len(self.records)} "
                          "records; --whole keeps all")
        self.pid, start = execs[0].pid, execs[0].time
        ends = [r for r in self.records if r.pid == self.pid and r.event == "syscall_enter"
                and r.words[0] in ("1", "252")]
        end = ends[-1].time if ends else self.records[-1].time
        self.records = [Record(r.number, r.time - start, r.pid, r.event, r.words)
                        for r in self.records if execs[0].number <= r.number and r.time <= end]
        self.end = end - start

    def read_calls(self):
        calls = Calls()
        for r in self.records:
            if r.event.startswith("syscall_"):
                calls.see(r)
        calls.now = self.end
        calls.end()
        return sorted(calls.spans, key=lambda s: s.start), calls.names

    def read_requests(self):
        """From submit to completion: the same struct, one request after the other."""
        done, open_ones = [], {}
        for r in self.records:
            if r.event == "blk_submit":
                op, sector = OPS.get(r.figure("op"), "?"), r.figure("sector")
                open_ones[r.words[1]] = Span(
                    r.time, self.end, op, r.pid, f"{op} sector {sector}",
                    r.figure("segments"), {"sector": sector, "status": None})
                done.append(open_ones[r.words[1]])
            elif r.event == "blk_done" and r.words[1] in open_ones:
                span = open_ones.pop(r.words[1])
                span.end, span.info["status"] = r.time, r.figure("status")
        return done

    def read_writeouts(self):
        """From wb_start() until the last of its pages is on the disk."""
        spans, home = [], {}            # (mapping, page) -> span under way
        for r in self.records:
            if not r.event.startswith("wb_"):
                continue
            mapping, page, n = r.words[1], r.figure("page"), r.figure("n")
            if r.event == "wb_start":
                span = Span(r.time, self.end, "write-out", r.pid,
                            f"pages {page} to {page + n - 1} of {mapping}", n, {"left": n})
                spans.append(span)
                home.update(((mapping, k), span) for k in range(page, page + n))
                continue
            for k in range(page, page + n):
                span = home.pop((mapping, k), None)
                if span:
                    span.info["left"] -= 1
                    if not span.info["left"]:
                        span.end = r.time
        return spans

    def read_halted(self):
        spans = []
        for r in self.records:
            if r.event == "idle" and r.words[0] == "1":
                spans.append(Span(r.time, self.end, "halted", r.pid, "nobody is ready"))
            elif r.event == "idle" and spans:
                spans[-1].end = r.time
        return spans

    def name(self, pid):
        if pid < 0:
            return f"kernel task {-pid}"
        return f"{self.names.get(pid, 'process')} [{pid}]"

    def sums(self):
        """What the spans and points add up to, by names like those of the counters."""
        calls = Counter(span.kind for span in self.calls)
        sums = {
            "microseconds": round(self.end),
            "microseconds_halted": round(sum(s.end - s.start for s in self.halted)),
            "syscalls": len(self.calls),
            "page_faults": sum(len(self.points[f]) for f in FAULTS),
            "blk_requests": sum(s.kind != "flush" for s in self.requests),
            "blk_flushes": sum(s.kind == "flush" for s in self.requests),
            "frames_stolen": sum(r.figure("n") for r in self.points["steal"]),
            "frames_moved": sum(r.figure("n") for r in self.points["move"]),
            "pages_read": sum(r.figure("n") for r in self.points["cache_read"]),
            "pages_written": sum(s.n for s in self.writeouts),
            "bytes_read": sum(s.n for s in self.calls if s.kind == "read"),
            "bytes_written": sum(s.n for s in self.calls if s.kind == "write"),
        }
        return sums | {f"calls_{name}": n for name, n in sorted(calls.items())}

    def choose(self, count, event=None):
        """Numbers of @count records for pictures of memory, from begin to end: the first to
        the last of those of @event, or evenly spread over time."""
        if event:
            records = [r for r in self.records if r.event.startswith(event)]
            if not records:
                raise Failure(f"no event {event} happened")
            places = [round(k * (len(records) - 1) / max(count - 1, 1)) for k in range(count)]
        else:
            records = self.records
            times = [r.time for r in records]
            wanted = [self.end * (2 * k + 1) / (2 * count) for k in range(count)]
            places = [max(bisect_right(times, t) - 1, 0) for t in wanted]
        return sorted({records[k].number for k in places})

    def add_lives(self, lives):
        times = {r.number: r.time for r in self.records}
        self.lives = [Life(number, times[number], letters)
                      for number, letters in sorted(lives.items()) if number in times]


# ---- for Chrome's and Perfetto's viewers ----------------------------------------------


def thread(pid):
    """The viewer's number of a task: Perfetto takes none below 0, and 0 for its own."""
    return pid if pid > 0 else KERNEL_THREADS - pid


def chrome(timelines):
    """The runs as one object of the Trace Event Format: each run a process of the viewer's,
    each task of the machine a thread."""
    events = []
    for run, t in enumerate(timelines, 1):
        events += named(run, t)
        body = []
        for s in t.calls:
            body.append({"name": s.kind, "cat": "syscall", "ph": "X", "ts": s.start,
                         "dur": s.end - s.start, "tid": thread(s.pid), "args": {"call": s.text}})
        for cat, spans in (("io", t.requests), ("write-out", t.writeouts)):
            for k, s in enumerate(spans):
                both = {"name": s.kind, "cat": cat, "id": f"{run}.{k}", "tid": thread(s.pid)}
                body.append(both | {"ph": "b", "ts": s.start,
                                    "args": {"what": s.text, "n": s.n}})
                body.append(both | {"ph": "e", "ts": s.end})
        for s in t.halted:
            body.append({"name": "halted", "cat": "processor", "ph": "X", "ts": s.start,
                         "dur": s.end - s.start, "tid": thread(0)})
        for name, records in t.points.items():
            for r in records:
                body.append({"name": name, "cat": name.split("_")[0], "ph": "i", "s": "t",
                             "ts": r.time, "tid": thread(r.pid),
                             "args": {"what": " ".join(r.words)}})
        events += [e | {"pid": run} for e in sorted(body, key=lambda e: e["ts"])]
    return {"traceEvents": events, "displayTimeUnit": "ms",
            "otherData": {t.title: t.sums() for t in timelines}}


def named(run, t):
    yield {"name": "process_name", "ph": "M", "pid": run, "tid": thread(0),
           "args": {"name": t.title}}
    yield {"name": "thread_name", "ph": "M", "pid": run, "tid": thread(0),
           "args": {"name": "processor"}}
    for pid in sorted({r.pid for r in t.records} - {0}):
        yield {"name": "thread_name", "ph": "M", "pid": run, "tid": thread(pid),
               "args": {"name": t.name(pid)}}
