"""tools/magpie gdb --reverse: a run recorded, and replayed under GDB, which can go backwards.

QEMU writes down what is not the machine's own doing (input, times) and replays it: the same
instructions in the same order, as often as one likes.  To go back it takes the last snapshot
before and runs forward, so the snapshots need a disk image of their own, which the machine
does not see the inside of.  -global apic.vapic=off: with it, the second step back often hangs.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

import magpie_gdb
import magpie_run
from magpie_image import Failure

SHIFT = 7                               # virtual nanoseconds an instruction: 2^7


def replay_options(way, scratch):
    """What both runs have in common; @way is "record" or "replay"."""
    return ["-icount", f"shift={SHIFT},rr={way},rrfile={scratch / 'record'},rrsnapshot=init",
            "-net", "none", "-global", "apic.vapic=off",
            "-drive", f"file={scratch / 'snapshots.qcow2'},if=none,id=rr"]


class Recorded(magpie_run.Run):
    def command(self, image):
        return super().command(image) + replay_options("record", self.scratch)


class Replayed(magpie_gdb.Debug):
    """The same program from the same image; nothing is typed, nothing is new."""

    def command(self, image):
        return super().command(image) + replay_options("replay", self.scratch)

    def prepare_image(self):
        return self.scratch / "root.img"


def run(args, build):
    magpie_gdb.need_gdb()
    if not shutil.which("qemu-img"):
        raise Failure("qemu-img is missing: apt-get install --no-install-recommends qemu-utils")
    if args.icount or args.disk or args.iso:
        raise Failure("--reverse has its own clock and disk: not with --icount, --disk, --iso")
    if not args.program:
        args.program = magpie_gdb.DEFAULT
    with tempfile.TemporaryDirectory(prefix="magpie-") as scratch:
        scratch = Path(scratch)
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2",
                        scratch / "snapshots.qcow2", "64M"], check=True)
        magpie_run.say("recording", " ".join(args.program))
        first = Recorded(args, scratch, build)
        status = first.go()
        magpie_run.say(f"recorded, exit status {status}; now the same again, with GDB")
        (scratch / "kernel.elf").unlink()
        session = Replayed(args, scratch, build)
        session.go()
        return session.status
