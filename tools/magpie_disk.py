"""--disk FILE: a root file system that outlives the run, and --get, which takes files out.

The machine gets FILE itself, not a copy.  Only one run at a time may have it: the file
is locked from before the first change until after the last look.
"""

import fcntl
import re
import struct
from pathlib import Path

import magpie_image
from magpie_image import Failure

COMMAND = ["/etc/init.args", "/etc/init.stdin"]         # what a run leaves for init


def check_words(args):
    """Complain about options that do not go together."""
    if not args.disk:
        if args.get:
            raise Failure("--get takes files out of a disk: it needs --disk FILE")
        return
    if args.image:
        raise Failure("--disk and --image: there can be one root file system only")
    if args.keep_image:
        raise Failure("--keep-image is for the root image: a --disk is kept anyway")
    for text in args.get:
        wanted(text)


def wanted(text):
    """GUEST[:HOST] as (guest, host)."""
    guest, _, host = text.partition(":")
    if not guest.startswith("/"):
        raise Failure(f"--get {text}: the place on the disk starts with /")
    path = Path(host or ".")
    if path.is_dir():
        path /= Path(guest).name
    if not path.parent.is_dir():
        raise Failure(f"--get {text}: {path.parent} is not a folder")
    return guest, path.resolve()


class Disk:
    def __init__(self, path):
        self.path = path.resolve()
        try:
            self.file = open(self.path, "r+b")
        except OSError as error:
            raise Failure(f"--disk {path}: {error.strerror}") from error
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failure(f"--disk {path}: another run is using it") from None
        self.file.seek(1024 + 56)
        if self.file.read(2) != struct.pack("<H", 0xEF53):          # [ext2 §3.1]
            raise Failure(f"--disk {path}: there is no ext2 file system on it")

    def prepare(self, files, texts):
        """Put @files and @texts on it; no command of an earlier run is left."""
        magpie_image.write(self.path, files, texts, gone=COMMAND)

    def finish(self):
        """What was for this run's init only goes again."""
        magpie_image.write(self.path, {}, gone=COMMAND)

    def get(self, text):
        """Copy a file out; returns what went wrong, if something did."""
        guest, host = wanted(text)
        name = magpie_image.quoted(guest)
        found = re.search(r"Type: (\w+)", magpie_image.look(self.path, f"stat {name}"))
        if not found:
            return f"--get {guest}: there is no such file on the disk"
        if found[1] != "regular":
            return f"--get {guest}: not a regular file but a {found[1]}"
        host.unlink(missing_ok=True)
        magpie_image.look(self.path, f"dump {name} {magpie_image.quoted(host)}")
        return None if host.exists() else f"--get {text}: {host} cannot be written"
