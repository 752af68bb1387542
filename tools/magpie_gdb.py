"""tools/magpie gdb: the machine stopped at its first instruction, and GDB in this terminal.

QEMU's stub is on a socket in the run's scratch folder, so any number of sessions can go on
at once.  GDB reads no start-up file and asks nothing: -nx, auto-load off.
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
          "set architecture i386"]
DEFAULT = ["/bin/mcp", "-v", "/data/big", "/tmp/big"]


class Debug(magpie_run.Run):
    """A run whose processor waits for GDB.  What the program prints appears between
    GDB's words; the kernel's log is in build/kernel.log."""

    apart = True

    def __init__(self, args, scratch, build):
        super().__init__(args, scratch, build)
        self.batch = bool(args.ex)
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

    def gdb_command(self):
        command = ["gdb", "-nx", "-q"] + (["-batch"] if self.batch else [])
        for line in BEFORE:
            command += ["-iex", line]
        command += [str(self.args.kernel), "-x", str(COMMANDS),
                    "-ex", f"target remote {self.stub}"]
        for line in self.args.ex:
            command += ["-ex", line]
        return command

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
            self.status = subprocess.run(self.gdb_command(), check=False).returncode
        finally:
            signal.signal(signal.SIGINT, before)
        self.stopped = "by force"


def wait_for(path):
    for _ in range(1000):
        if path.exists():
            return
        threading.Event().wait(0.01)
    raise Failure("QEMU does not listen for GDB")


def run(args, build):
    if not shutil.which("gdb"):
        raise Failure("gdb is missing: apt-get install --no-install-recommends gdb")
    if not args.program:
        args.program = DEFAULT
    with tempfile.TemporaryDirectory(prefix="magpie-") as scratch:
        session = Debug(args, Path(scratch), build)
        session.go()
        return session.status
