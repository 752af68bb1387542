"""A picture of the machine's screen: boot, type a command on the PS/2 keyboard, wait for
the next prompt, look."""

import selectors
import tempfile
import time
from pathlib import Path

from magpie_image import Failure
from magpie_qmp import Qmp
from magpie_run import Run, received

TEXT_MEMORY, ROWS, COLUMNS = 0xB8000, 25, 80
PROMPT = b"$ "


def screenshot(args, build):
    """tools/magpie screenshot; prints the text of the screen."""
    args.picture = args.output.resolve()
    with tempfile.TemporaryDirectory(prefix="magpie-") as scratch:
        shot = Shot(args, Path(scratch), build)
        status = shot.go()
    if status == 0:
        print(shot.text)
    return status


class Shot(Run):
    """A run with nobody at the terminal, and us at keyboard and screen."""

    def __init__(self, args, scratch, build):
        super().__init__(args, scratch, build)
        self.person = False
        self.qmp = Qmp()
        self.text = ""
        self.seen = b""                 # of COM1, since somebody typed

    def display(self):
        # The date is on the picture, too.
        return ["-display", "none", "-vga", "std",
                "-rtc", "base=2026-01-01T00:00:00,clock=vm"]

    def show_console(self, data):
        self.seen += data

    def relay(self, console, log):
        with selectors.DefaultSelector() as events:
            events.register(console, selectors.EVENT_READ, self.show_console)
            events.register(log, selectors.EVENT_READ, self.show_log)
            self.wait_for_prompt(events)
            if self.args.command:
                self.seen = b""
                self.qmp.type(" ".join(self.args.command) + "\n")
                self.wait_for_prompt(events)
        self.look()
        self.stopped = "by force"

    def wait_for_prompt(self, events):
        """Every output of the terminal shows the same, and the screen does so first:
        what COM1 has said is on the screen."""
        deadline = time.monotonic() + self.args.timeout
        while not self.seen.endswith(PROMPT):
            for key, _ in events.select(0.5):
                data = received(key.fileobj)
                if not data:
                    raise Failure("the machine ended before it showed a prompt:\n"
                                  + self.log.decode(errors="replace"))
                key.data(data)
            if time.monotonic() > deadline:
                raise Failure(f"no prompt within {self.args.timeout:g} s: {self.seen!r}")

    def look(self):
        kind = "ppm" if self.args.picture.suffix == ".ppm" else "png"
        self.args.picture.parent.mkdir(parents=True, exist_ok=True)
        self.qmp.call("screendump", filename=str(self.args.picture), format=kind)
        memory = self.scratch / "text"
        self.qmp.call("pmemsave", val=TEXT_MEMORY, size=2 * ROWS * COLUMNS,
                      filename=str(memory))
        cells = memory.read_bytes()[::2].decode("cp437")
        lines = [cells[at:at + COLUMNS].rstrip() for at in range(0, len(cells), COLUMNS)]
        self.text = "\n".join(lines).rstrip()
