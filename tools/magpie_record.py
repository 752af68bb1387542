"""tools/magpie trace: run a program with the kernel's trace on, and draw what happened.

Pictures of memory need a second run: only after the first is it known which records are
its begin, its middle and its end.  With --icount the second is the same as the first, up
to the moment of the first picture; and everything but the pictures comes from the first.
"""

import copy
import json
import shlex
import sys
import tempfile
from pathlib import Path

import magpie_picture
import magpie_run
import magpie_timeline


class Recording(magpie_run.Run):
    """A run whose trace is kept; @quiet: nobody sees what the program prints."""

    def __init__(self, args, scratch, build, options, quiet):
        super().__init__(args, scratch, build)
        self.strace = self.recorder = magpie_timeline.Recorder(options)
        self.quiet = quiet

    def show_console(self, data):
        if not self.quiet:
            super().show_console(data)

    def show_log(self, data):
        """Nobody sees the log, unless something goes wrong."""
        self.recorder.sift(data)


def record(args, build, program, lives=()):
    args = copy.copy(args)
    args.program = program
    options = magpie_timeline.OPTIONS + (" trace.log" if args.whole else "")
    if lives:
        options += " trace.life=" + ",".join(map(str, lives))
    with tempfile.TemporaryDirectory(prefix="magpie-") as scratch:
        run = Recording(args, Path(scratch), build, options, quiet=bool(lives))
        status = run.go()
    return status, run.recorder


def title(program):
    return shlex.join([program[0].rsplit("/", 1)[-1], *program[1:]])


def timeline(args, build, program):
    """(exit status, what happened)."""
    status, recorder = record(args, build, program)
    if status >= magpie_run.TIMEOUT and not recorder.records:
        return status, None
    t = magpie_timeline.Timeline(recorder, title(program))
    if args.film:
        numbers = t.choose(args.film, args.film_at)
        t.add_lives(record(args, build, program, numbers)[1].lives)
    return status, t


def tell(t, file):
    """The sums, for people."""
    sums = t.sums()
    shown = ("microseconds", "microseconds_halted", "syscalls", "page_faults", "blk_requests",
             "frames_stolen", "frames_moved", "pages_written")
    print(f"{t.title}: " + ", ".join(f"{name} {sums[name]}" for name in shown), file=file)


def run(args, build):
    programs = [shlex.split(words) for words in args.beside] + [args.program]
    status, timelines = 0, []
    for program in programs:
        status, t = timeline(args, build, program)
        if t is None:
            return status
        timelines.append(t)
        tell(t, sys.stderr)
    for path, text in ((args.svg, magpie_picture.draw(timelines)),
                       (args.json, json.dumps(magpie_timeline.chrome(timelines), indent=0))):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        print(path, file=sys.stderr)
    return status
