"""One run of the kernel under QEMU.

The program's terminal is COM1, the kernel's log is COM2; each is one end of a socket
pair, so every byte passes through here unchanged.  The log's last line "exit N" is the
exit status: the debug-exit device can only say "done" (QEMU ends with 99) or
"panic" (67), and a triple fault ends QEMU with 0.
"""

import os
import re
import selectors
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time
import tty
from pathlib import Path

import magpie_disk
import magpie_image
import magpie_iso
import magpie_trace
from magpie_image import MIB, Failure
from magpie_qmp import Qmp

TIMEOUT, TROUBLE, DAMAGED = 124, 125, 126
QEMU_DONE = 0x31 << 1 | 1               # what the kernel writes to the debug-exit device
QUIT = b"\x01x"                         # control-A x, typed in an interactive shell
CONTROL_D = b"\x04"


def run(args, build):
    """tools/magpie run; returns its exit status."""
    with tempfile.TemporaryDirectory(prefix="magpie-") as scratch:
        return Run(args, Path(scratch), build).go()


def check_words(args):
    """Complain about options before anything is built or booted."""
    magpie_disk.check_words(args)
    for text in args.add:
        added(text)
    if args.stdin and not args.program:
        raise Failure("--stdin is for a PROGRAM")
    if args.strace and not args.program:
        raise Failure("--strace is for a PROGRAM")
    if args.stdin not in (None, "-") and not os.path.exists(args.stdin):
        raise Failure(f"--stdin {args.stdin}: no such file")


def is_plain(args, build):
    """Is this the run of a shell with nothing added or changed?"""
    return not (args.program or args.add or args.append or args.disk) and (
        args.kernel == build / "kernel.elf" and args.image == build / "root.img")


def memory_file(scratch, size):
    """Where the guest's memory can be a file: in memory if there is room."""
    shm = Path("/dev/shm")
    if os.access(shm, os.W_OK):
        room = os.statvfs(shm)
        if room.f_bavail * room.f_frsize > size + size // 8:
            return shm / scratch.name
    return scratch / "ram"


def find_window():
    """What QEMU can open a window with on this person's display; None without either."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return None
    known = magpie_image.call(["qemu-system-i386", "-display", "help"]).stdout.split()
    for kind in ("gtk", "sdl"):
        if kind in known:
            return kind
    say("no window: tools/setup window installs what QEMU needs for one")
    return None


class Run:
    apart = False                       # QEMU out of reach of the terminal's signals

    def __init__(self, args, scratch, build):
        self.args = args
        self.scratch = scratch
        self.build = build
        self.interactive = not args.program
        self.person = self.interactive  # somebody sits at our terminal
        self.qmp = None                 # QEMU's monitor, if we need it
        self.timeout = args.timeout
        if self.timeout is None and not self.interactive:
            self.timeout = 60
        self.stopped = None             # why we ended the machine, if we did
        self.log = bytearray()          # all of COM2
        self.console_tail = b""         # the last of COM1
        self.ram = None                 # the guest's memory as a file, if asked for
        self.disk = magpie_disk.Disk(args.disk) if args.disk else None
        self.strace = magpie_trace.Strace(self.show_call) if args.strace else None
        self.log_file = open(build / "kernel.log", "wb") if self.interactive else None

    def go(self):
        image = self.prepare_image()
        try:
            status = self.verdict(self.boot(self.command(image)))
            return self.after(status)
        finally:
            if self.ram:
                self.ram.unlink(missing_ok=True)

    # ---- before --------------------------------------------------------------------

    def prepare_image(self):
        """A copy of the root image for this run; None to boot without one."""
        if self.args.image == "none":
            return None
        if self.disk:
            self.disk.prepare(*self.additions())
            return None
        if not Path(self.args.image).exists():
            raise Failure(f"{self.args.image}: no such file")
        image = self.scratch / "root.img"
        subprocess.run(["cp", "--sparse=always", self.args.image, image], check=True)
        files, texts = self.additions()
        if files or texts:
            try:
                magpie_image.add(image, files, texts)
            except Failure as failure:  # the person knows it by another name
                raise Failure(str(failure).replace(str(image), str(self.args.image))) from failure
        return image

    def additions(self):
        """What goes into the root file system for this run: (host files, texts)."""
        files = dict(map(added, self.args.add))
        texts = {}
        if self.args.program:
            words = self.args.program
            texts["/etc/init.args"] = b"".join(os.fsencode(w) + b"\0" for w in words)
            if self.args.stdin == "-":
                texts["/etc/init.stdin"] = sys.stdin.buffer.read()
            elif self.args.stdin:
                texts["/etc/init.stdin"] = Path(self.args.stdin).read_bytes()
        return files, texts

    def command(self, image):
        """QEMU's command line.  Names are relative to scratch, so that what the kernel
        sees of them is the same on every machine."""
        args = self.args
        if not args.kernel.exists():
            raise Failure(f"{args.kernel}: no such file")
        (self.scratch / "kernel.elf").symlink_to(args.kernel.resolve())
        memory = args.ram * MIB
        if image:
            memory += -(-image.stat().st_size // MIB) * MIB
        words = ["init=/bin/init"]
        if not self.interactive:
            words.append("console=raw")         # no carriage returns, no echo
        words += args.append.split()
        if self.strace:
            words += self.strace.options.split()
        command = [
            "qemu-system-i386", "-accel", "tcg", "-cpu", "qemu32", "-machine", "pc",
            "-m", f"{memory // MIB}", "-nodefaults", "-no-user-config",
            "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04",
            *self.display(), *self.loader(image, words)]
        if self.disk:                   # its errors are the guest's business, not QEMU's
            (self.scratch / "disk.img").symlink_to(self.disk.path)
            command += ["-drive", "file=disk.img,format=raw,if=none,id=vda,"
                                  "werror=report,rerror=report",
                        "-device", "virtio-blk-pci,drive=vda"]
        if image and (args.keep_image or args.fsck):
            self.ram = memory_file(self.scratch, memory)
            command += ["-object", f"memory-backend-file,id=ram,size={memory},"
                                   f"mem-path={self.ram},share=on",
                        "-machine", "memory-backend=ram"]
        if args.icount:
            command += ["-icount", "shift=0,sleep=off",
                        "-rtc", "base=2026-01-01T00:00:00,clock=vm"]
        for plugin in args.plugin:
            command += ["-plugin", plugin]
        if shutil.which("setpriv"):     # whoever kills us hard kills the machine, too
            command = ["setpriv", "--pdeathsig", "KILL", *command]
        return command

    def display(self):
        """The machine has a screen if somebody can see it."""
        window = find_window() if self.person else None
        if not window:
            return ["-display", "none"]
        self.qmp = Qmp()                        # tells a closed window from a triple fault
        return ["-display", window, "-vga", "std"]

    def loader(self, image, words):
        """Who puts the kernel into memory: QEMU, or with --iso GRUB."""
        if self.args.iso:
            return ["-boot", "d", "-cdrom", str(self.iso(image, words))]
        options = ["-kernel", "kernel.elf", "-append", " ".join(words)]
        return options + (["-initrd", image.name] if image else [])

    def iso(self, image, words):
        """The ISO that people burn, if this run wants nothing else; or one for this run."""
        if is_plain(self.args, self.build):
            return (self.build / "magpie.iso").resolve()
        magpie_iso.create(self.scratch / "run.iso", self.args.kernel, image, words,
                          magpie_iso.QUICK)
        return "run.iso"

    # ---- meanwhile -----------------------------------------------------------------

    def boot(self, command):
        """Run the machine to its end; QEMU's exit status, or None if it was stopped."""
        pairs = [socket.socketpair(), socket.socketpair()]
        for number, (_, theirs) in enumerate(pairs):
            command += ["-chardev", f"socket,id=com{number},fd={theirs.fileno()}",
                        "-serial", f"chardev:com{number}"]
        inherited = [theirs for _, theirs in pairs]
        if self.qmp:
            command += self.qmp.options()
            inherited.append(self.qmp.theirs)
        if self.args.verbose:
            say(shlex.join(command))
        try:
            qemu = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=sys.stderr, cwd=self.scratch,
                pass_fds=[end.fileno() for end in inherited],
                start_new_session=self.apart)
        except FileNotFoundError as error:
            raise Failure(f"{error.filename} is missing: run tools/setup run") from error
        for _, theirs in pairs:
            theirs.close()
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(TROUBLE))
        try:
            if self.qmp:
                self.qmp.begin()
            with Terminal(self.person):
                self.relay(pairs[0][0], pairs[1][0])
            if self.qmp and not self.stopped:
                self.qmp.end()
                self.stopped = "by force" if self.qmp.was_closed() else None
            if self.strace:
                self.log += self.strace.end()
            return None if self.stopped else qemu.wait()
        finally:
            qemu.kill()
            qemu.wait()

    def relay(self, console, log):
        """Carry bytes until QEMU has closed both ends, or it is to be stopped."""
        deadline = time.monotonic() + self.timeout if self.timeout else None
        keyboard = Keyboard(console) if self.person else None
        open_ends = {console: self.show_console, log: self.show_log}
        with selectors.DefaultSelector() as events:
            for end in open_ends:
                events.register(end, selectors.EVENT_READ)
            while open_ends and not self.stopped:
                for key, _ in events.select(0.5):
                    end = key.fileobj
                    if end not in open_ends:
                        keyboard.read(events)
                        continue
                    data = received(end)
                    if data:
                        open_ends[end](data)
                    else:
                        events.unregister(end)
                        del open_ends[end]
                if keyboard and self.console_tail:
                    # Before its first word the kernel does not listen.
                    keyboard.serve(events)
                if keyboard and keyboard.quit:
                    self.stopped = "by force"
                elif deadline and time.monotonic() > deadline:
                    self.stopped = f"after {self.timeout:g} s"

    def show_console(self, data):
        self.console_tail = (self.console_tail + data)[-4096:]
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    def show_call(self, line):
        sys.stderr.buffer.write(line.encode() + b"\n")

    def show_log(self, data):
        if self.strace:
            data = self.strace.sift(data)
        self.log += data
        if self.log_file:
            self.log_file.write(data)
            self.log_file.flush()
        if self.args.log or not self.interactive:
            sys.stderr.buffer.write(data)
            sys.stderr.buffer.flush()

    # ---- after ---------------------------------------------------------------------

    def verdict(self, qemu_status):
        """The exit status of the run, with a word on stderr about whatever went wrong."""
        lines = self.log.decode(errors="replace").splitlines()
        if self.stopped == "by force":
            return 0
        if self.stopped:
            tail = self.console_tail.decode(errors="replace").splitlines()[-10:]
            say(f"stopped {self.stopped}; the last of the console:", *tail,
                "the last of the kernel's log:", *lines[-10:])
            return TIMEOUT
        for line in lines:
            if line.startswith("Magpie cannot start"):
                say(line)
                return TROUBLE
        panics = [n for n, line in enumerate(lines) if re.match(r"\s*panic\b", line, re.I)]
        last = re.fullmatch(r"exit (\d+)", lines[-1]) if lines else None
        if panics or (qemu_status >> 1) == 0x21:
            say("the kernel panicked",
                *(lines[panics[0]:] if panics and self.interactive else []))
            return TROUBLE
        if qemu_status == QEMU_DONE and last:
            return 0 if self.interactive else int(last[1]) & 0xff
        if qemu_status == 0:
            say("the machine stopped without a word: a triple fault?", *lines[-10:])
        elif qemu_status == QEMU_DONE:
            say("the kernel's log does not end with its exit status", *lines[-10:])
        else:
            say(f"QEMU failed (status {qemu_status})")
        return TROUBLE

    def after(self, status):
        """--keep-image, --get and --fsck."""
        if self.disk:
            self.disk.finish()
            for text in self.args.get:
                problem = self.disk.get(text)
                if problem:
                    say(problem)
                    status = status or TROUBLE
            return self.judged(self.disk.path, status)
        if not self.ram:
            return status
        place = re.search(rb"ramdisk: phys 0x([0-9a-f]+) size (\d+)", self.log)
        if not place:
            say("no root file system to keep or check: the kernel did not find it")
            return status or TROUBLE
        image = self.args.keep_image or self.scratch / "kept.img"
        with open(self.ram, "rb") as ram, open(image, "wb") as out:
            ram.seek(int(place[1], 16))
            left = int(place[2])
            while left:
                data = ram.read(min(left, MIB))
                left -= len(data)
                if data.count(0) == len(data):          # keep the holes
                    out.seek(len(data), os.SEEK_CUR)
                else:
                    out.write(data)
            out.truncate(int(place[2]))
        return self.judged(image, status)

    def judged(self, image, status):
        """--fsck: what e2fsck has against @image outweighs the program's status."""
        if self.args.fsck:
            complaints = magpie_image.check(image)
            if complaints:
                say("the root file system is damaged:", complaints.rstrip())
                return DAMAGED
        return status


def added(text):
    """HOST[:GUEST] as (guest, host)."""
    host, _, guest = text.partition(":")
    path = Path(host)
    if not path.is_file():
        raise Failure(f"--add {text}: {host} is not a file")
    guest = guest or "/" + path.name
    if not guest.startswith("/"):
        raise Failure(f"--add {text}: the place in the image starts with /")
    return guest, path.resolve()


def say(first, *more):
    print(f"tools/magpie: {first}", *more, sep="\n", file=sys.stderr)


def received(end):
    """What has come through a socket; empty when the other side is gone."""
    try:
        return end.recv(65536)
    except ConnectionResetError:
        return b""


class Terminal:
    """The person's terminal while the guest has it: raw, every key goes to the guest,
    control-C too, and the guest's own terminal handling makes lines of it."""

    def __init__(self, wanted):
        self.wanted = wanted and sys.stdin.isatty()

    def __enter__(self):
        if self.wanted:
            print("Control-A x ends the machine by force.", flush=True)
            self.before = termios.tcgetattr(sys.stdin)
            tty.setraw(sys.stdin, termios.TCSADRAIN)

    def __exit__(self, *_):
        if self.wanted:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self.before)


class Keyboard:
    """Our standard input on its way to the console of an interactive shell."""

    def __init__(self, console):
        self.console = console
        self.fd = sys.stdin.fileno()
        self.listening = False
        self.ended = False              # our input is at its end
        self.quit = False               # control-A x was typed
        self.escaped = False            # control-A was
        self.pending = b""              # on its way
        self.next_hang_up = 0

    def serve(self, events):
        """To be called now and then: begin to listen, send what is pending, and after the
        end of our input send control-D until the shell has had its fill."""
        if not self.listening:
            self.listening = True
            try:
                events.register(self.fd, selectors.EVENT_READ)
            except PermissionError:     # a file: always readable, never an event
                self.pending = sys.stdin.buffer.read()
                self.ended = True
        if self.ended and not self.pending and time.monotonic() > self.next_hang_up:
            self.pending = CONTROL_D
            self.next_hang_up = time.monotonic() + 0.5
        if self.pending:
            try:
                sent = self.console.send(self.pending, socket.MSG_DONTWAIT)
                self.pending = self.pending[sent:]
            except OSError:             # full for now, or the machine has just ended
                pass

    def read(self, events):
        data = os.read(self.fd, 4096)
        if not data:
            events.unregister(self.fd)
            self.ended = True
        if self.escaped:
            data = QUIT[:1] + data
        self.quit = QUIT in data
        self.escaped = data.endswith(QUIT[:1])
        self.pending += data[:-1] if self.escaped else data
