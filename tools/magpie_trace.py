"""System calls out of the trace: --strace.

With `trace.log` on its command line the kernel writes every trace record into its log, a
line each; the names and formats are those of kernel/sys/syscalls.tbl.  A call is told
when it returns, as "[PID] name(arguments) = result".
"""

import struct
from pathlib import Path

import gensys

TOP = Path(__file__).resolve().parent.parent
MARK = b"trace: "                       # how such lines of the log begin
OPTIONS = "trace=syscall trace.log"     # what the kernel is told
MAX_ERRNO = 4095                        # results from -4095 to -1 are errors [Linux]
NO_TEXT = b"\xff"                       # in place of a string that could not be read


def number(word):
    return int(word, 0)


class Call:
    """One call of one process: what has been told of it so far."""

    def __init__(self, table, words):
        which, *self.args = map(number, words)
        self.number = which
        self.name, self.formats = table.get(which, (f"syscall_{which}", ["x"] * 3))
        self.texts = []                 # of its strings, in order
        self.open_text = False          # the last one goes on

    def more(self, words):
        self.args += map(number, words)

    def text(self, words):
        """16 bytes; a string goes on in the next ones until its end."""
        piece = b"".join(struct.pack("<I", number(w)) for w in words)
        if not self.open_text:
            self.texts.append(b"")
        self.texts[-1] += piece
        self.open_text = b"\0" not in piece and NO_TEXT not in piece \
            and len(self.texts[-1]) < 64

    def string(self, address):
        text, end, _ = (self.texts.pop(0) if self.texts else NO_TEXT).partition(b"\0")
        if not end and text.startswith(NO_TEXT):
            return f"{address:#x}"
        shown = text.rstrip(NO_TEXT).decode("latin-1").encode("unicode_escape").decode()
        return '"' + shown.replace('"', '\\"') + ('"' if end else '"...')

    def arguments(self):
        values = iter(self.args)
        for fmt in self.formats:
            if fmt == "hi":
                continue                # went with its low half
            value = next(values, 0)
            signed = value - (1 << 32) if value >> 31 else value
            if fmt == "str":
                yield self.string(value)
            elif fmt == "lo":
                low, value = value, next(values, 0)
                yield str(struct.unpack("<q", struct.pack("<II", low, value))[0])
            elif fmt == "o":
                yield f"{value:#o}" if value else "0"
            elif fmt in ("x", "ptr"):
                yield f"{value:#x}" if value else "0"
            else:
                yield str(value if fmt == "u" else signed)

    def __str__(self):
        return f"{self.name}({', '.join(self.arguments())})"


class Strace:
    """Takes the bytes of the log, gives back those that are not trace, and tells the
    calls to @tell, a line each."""

    options = OPTIONS

    def __init__(self, tell):
        self.tell = tell
        self.rest = b""                 # a line that is not complete
        self.started = False            # PROGRAM runs
        self.calls = {}                 # pid -> Call under way
        self.table = {n: (name, formats) for n, name, _, formats
                      in gensys.parse(TOP / "kernel/sys/syscalls.tbl")}
        self.errors = gensys.errors(TOP / "kernel/lib/errno.h")

    def sift(self, data):
        *lines, self.rest = (self.rest + data).split(b"\n")
        kept = []
        for line in lines:
            if line.startswith(MARK):
                self.record(line[len(MARK):].decode().split())
            else:
                kept.append(line + b"\n")
        return b"".join(kept)

    def record(self, words):
        _time, _cpu, pid, event, *rest = words
        pid = int(pid)
        if event == "syscall_enter":
            self.calls[pid] = Call(self.table, rest)
        elif pid in self.calls and event == "syscall_more":
            self.calls[pid].more(rest)
        elif pid in self.calls and event == "syscall_text":
            self.calls[pid].text(rest)
        elif pid in self.calls and event == "syscall_exit":
            self.say(pid, self.result(int(rest[1])))

    def result(self, value):
        if -MAX_ERRNO <= value < 0:
            return f"-1 {self.errors.get(-value, -value)}"
        return str(value) if -1 << 16 < value < 1 << 16 else f"{value & 0xffffffff:#x}"

    def say(self, pid, result):
        call = self.calls.pop(pid)
        self.started |= call.name == "execve"
        if self.started:                # before, process 1 was preparing
            self.tell(f"[{pid}] {call} = {result}")

    def end(self):
        """Calls that never returned; and the rest of the log."""
        for pid in sorted(self.calls):
            self.say(pid, "?")
        return self.rest
