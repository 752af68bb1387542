"""tools/magpie gdb: the machine stopped at its first instruction, and GDB in this terminal.

QEMU's stub is on a socket in the run's scratch folder, so any number of sessions can go on
at once; only the one that is shared by two terminals has a place known to both, in build/.
GDB reads no start-up file and asks nothing: -nx, auto-load off.
"""

import shutil
import signal
import subprocess
import tempfile
import threading
from pathlib import Path

import magpie_run
from magpie_image import Failure

TOP = Path(__file__).resolve().parent.parent
COMMANDS = TOP / "tools/gdb/magpie.py"
BEFORE = ["set auto-load no", "set confirm off", "set debuginfod enabled off",
          "set architecture i386", "set print entry-values no",
          "set pagination off"]
SHARED = "gdb.socket"                   # in build/, for two terminals
DEFAULT = ["/bin/walk"]                 # of docs/walk.md


def gdb_command(args, stub):
    command = ["gdb", "-nx", "-q"] + (["-batch"] if args.ex else [])
    for line in BEFORE:
        command += ["-iex", line]
    command += [str(args.kernel), "-x", str(COMMANDS), "-ex", f"target remote {stub}"]
    for line in args.ex:
        command += ["-ex", line]
    return command


class Debug(magpie_run.Run):
    """A run whose processor waits for GDB.  What the program prints appears between
    GDB's words; the kernel's log is in build/kernel.log."""

    apart = True

    def __init__(self, args, scratch, build):
        super().__init__(args, scratch, build)
        self.stub = scratch / "gdb"
        self.timeout = None
        self.log_file = self.log_file or open(build / "kernel.log", "wb")

    def command(self, image):
        return super().command(image) + [
            "-S", "-gdb", f"unix:{self.stub.name},server=on,wait=off"]

    def show_log(self, data):
        self.log += data
        self.log_file.write(data)
        self.log_file.flush()

    def relay(self, console, log):
        """GDB in front, the carrying of bytes behind it."""
        def carry():
            try:
                super(Debug, self).relay(console, log)
            except OSError:
                pass                    # GDB has ended, and we with it
        carrier = threading.Thread(target=carry, daemon=True)
        carrier.start()
        before = signal.signal(signal.SIGINT, lambda *_: None)  # control-C is GDB's
        try:
            wait_for(self.stub)
            self.status = subprocess.run(gdb_command(self.args, self.stub),
                                         check=False).returncode
        finally:
            signal.signal(signal.SIGINT, before)
        self.stopped = "by force"


class Waiting(magpie_run.Run):
    """A run as any other, but that GDB in another terminal lets it go."""

    def __init__(self, args, scratch, build):
        super().__init__(args, scratch, build)
        self.timeout = args.timeout     # for as long as somebody looks
        self.stub = build / SHARED

    def command(self, image):
        return super().command(image) + [
            "-S", "-gdb", f"unix:{self.stub},server=on,wait=off"]

    def relay(self, console, log):
        wait_for(self.stub)
        magpie_run.say("the machine waits; in another terminal: make gdb-attach")
        super().relay(console, log)


def attach(args, build):
    stub = build / SHARED
    if not stub.exists():
        raise Failure("no machine waits: first, in another terminal, make gdb-wait")
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        return subprocess.run(gdb_command(args, stub), check=False).returncode
    finally:
        signal.signal(signal.SIGINT, before)


def wait_for(path):
    for _ in range(1000):
        if path.exists():
            return
        threading.Event().wait(0.01)
    raise Failure("QEMU does not listen for GDB")


def run(args, build):
    if args.wait:
        with tempfile.TemporaryDirectory(prefix="magpie-") as scratch:
            try:
                return Waiting(args, Path(scratch), build).go()
            finally:
                (build / SHARED).unlink(missing_ok=True)
    need_gdb()
    if args.attach:
        return attach(args, build)
    if not args.program:
        args.program = DEFAULT
    with tempfile.TemporaryDirectory(prefix="magpie-") as scratch:
        session = Debug(args, Path(scratch), build)
        session.go()
        return session.status


def need_gdb():
    if not shutil.which("gdb"):
        raise Failure("gdb is missing: apt-get install --no-install-recommends gdb")
