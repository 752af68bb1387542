"""The guest tests, user/test/t-*.c: one behaviour each, every one on seven machines.

One boot runs /test/suite over all programs that are wanted; each (program, machine) is
one test here, which waits for its part of the output.  If the machine dies or hangs in
one program, that test has failed and the rest get a new boot.  After each boot the root
file system, taken out of the machine's memory or on its disk, is judged by e2fsck.
"""

import queue
import re
import subprocess
import threading
import time

import pytest

from magpie import BUILD, TOOL, TOP, e2fsck

pytestmark = pytest.mark.guest

PROGRAMS = sorted({p.stem for p in (TOP / "user/test").glob("t-*.c")}
                  | {p.name for p in (TOP / "user/test").glob("t-*/")})

# The ramdisk at once; by interrupt later; later and in another order than asked.  And a
# disk that is another party in the machine.
# Virtual time (--icount): a latency costs no waiting, and a run is the same every time;
# but not with that other party, which has a time of its own.
# Memory is 256 MiB, and once each 32, 64 and 512.
MACHINES = {
    "instant": ["--icount"],
    "latency": ["--icount", "--append", "ramdisk.latency_us=200"],
    "reorder": ["--icount", "--append", "ramdisk.latency_us=200 ramdisk.seed=7"],
    "virtio": [],
    "ram32": ["--icount", "--ram", "32"],
    "ram64": ["--icount", "--ram", "64", "--append", "ramdisk.latency_us=200 ramdisk.seed=3"],
    "ram512": ["--icount", "--ram", "512"],
}
PATIENCE = 90                   # seconds that one program may take


class Boot:
    """One machine that runs the suite over some programs."""

    def __init__(self, machine, programs, image):
        self.image = image
        self.sections = {}      # program -> [lines], complete when it has a status
        self.statuses = {}
        self.running = None
        self.over = False       # it will run no more programs
        self.began = time.monotonic()
        self.lines = queue.Queue()
        self.errors = []
        if machine == "virtio":
            subprocess.run(["cp", "--sparse=always", BUILD / "root.img", image], check=True)
        kept = "--disk" if machine == "virtio" else "--keep-image"
        self.tool = subprocess.Popen(
            [TOOL, "run", "--timeout", "1200", *MACHINES[machine], kept, image, "--",
             "/test/suite", *programs],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, errors="replace")
        threading.Thread(target=self.read_output, daemon=True).start()
        self.reader = threading.Thread(target=self.read_log, daemon=True)
        self.reader.start()

    def read_output(self):
        for line in self.tool.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def read_log(self):
        self.errors.extend(self.tool.stderr)

    def run_until(self, program):
        """Follow the output until @program has ended; False if the machine ends before
        or one program takes too long."""
        self.began = time.monotonic()           # it may have been ahead of us for long
        while program not in self.statuses:
            try:
                line = self.lines.get(timeout=max(0.1, PATIENCE + self.began
                                                  - time.monotonic()))
            except queue.Empty:
                self.tool.kill()
                self.errors.append(f"no end of it within {PATIENCE} s\n")
                line = None
            if line is None:
                self.over = True
                return False
            self.take(line)
        return True

    def take(self, line):
        begin = re.fullmatch(r"=== (\S+)", line)
        end = re.fullmatch(r"=== (\S+) exit (\d+)", line)
        if begin:
            self.running = begin[1]
            self.began = time.monotonic()
            self.sections[self.running] = []
        elif end:
            self.statuses[end[1]] = int(end[2])
            self.running = None
            self.began = time.monotonic()
        elif self.running:
            self.sections[self.running].append(line)

    def finish(self):
        """Let it run to its end."""
        while self.tool.poll() is None:
            try:
                line = self.lines.get(timeout=PATIENCE)
            except queue.Empty:
                break
            if line is None:
                break
            self.take(line)
        try:
            status = self.tool.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.tool.kill()
            status = self.tool.wait()
        self.reader.join(PATIENCE)
        return status


class Machine:
    """As many boots of one configuration as its programs need."""

    def __init__(self, name, programs, folder):
        self.name = name
        self.programs = programs
        self.folder = folder
        self.boots = []
        self.dead = {}          # program -> what the machine said when it died in it

    def boot(self):
        done = {p for b in self.boots for p in b.statuses} | self.dead.keys()
        left = [p for p in self.programs if p not in done]
        self.boots.append(Boot(self.name, left,
                               self.folder / f"{self.name}{len(self.boots)}.img"))

    def result(self, program):
        """(status or None, its output) of @program, booting as often as it takes."""
        while True:
            for boot in self.boots:
                if program in boot.statuses:
                    return boot.statuses[program], "\n".join(boot.sections[program])
            if program in self.dead:
                return None, self.dead[program]
            if not self.boots or self.boots[-1].over:
                self.boot()
            boot = self.boots[-1]
            if not boot.run_until(program):
                self.bury(boot, program)

    def bury(self, boot, program):
        """@boot is over without having ended @program: blame what was running; if
        nothing ever ran, there is no hope for the others either."""
        boot.finish()
        victims = [boot.running] if boot.running else [program]
        if not boot.sections:
            victims = self.programs
        for victim in victims:
            self.dead[victim] = "\n".join(
                [*boot.sections.get(victim, []), "--- the run's stderr ends with",
                 *(e.rstrip("\n") for e in boot.errors[-40:])])

    def damage(self):
        """What e2fsck has against the file systems that the boots left behind."""
        found = []
        for boot in self.boots:
            status = boot.finish()
            if status in (0, 1):
                clean, words = e2fsck(boot.image)
                if not clean:
                    found.append(words)
            elif not self.dead:
                found.append(f"the machine ended with {status}\n" + "".join(boot.errors[-40:]))
        return found


@pytest.fixture(scope="module")
def machines(request, tmp_path_factory):
    """Machines by name, each with the programs that this session wants of it."""
    folder = tmp_path_factory.mktemp("images")
    wanted = {name: [] for name in MACHINES}
    for item in request.session.items:
        if getattr(item, "originalname", None) == "test_guest":
            values = item.callspec.params
            wanted[values["machine"]].append(values["program"])
    machines = {name: Machine(name, programs, folder) for name, programs in wanted.items()}
    yield machines
    # Also when test_guest_leaves_... was not among the tests that were picked.
    assert not any(machine.damage() for machine in machines.values())


def start_the_next(machine, machines):
    """Two machines at a time: while one is looked at, the next already runs."""
    after = list(machines)[list(machines).index(machine) + 1:]
    for name in after[:1]:
        if machines[name].programs and not machines[name].boots:
            machines[name].boot()


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.timeout(4 * PATIENCE)
def test_guest(program, machine, machines):
    start_the_next(machine, machines)
    status, output = machines[machine].result(program)
    print(output)
    assert status is not None, "the machine did not survive it"
    assert status == 0, f"/test/{program} ended with {status}"
    assert "FAIL" not in output
    assert re.search(r"(?m)^PASS ", output), "it has tested nothing"


@pytest.mark.parametrize("machine", MACHINES)
def test_guest_leaves_the_file_system_clean(machine, machines):
    """Runs last: waits for the machine's poweroff, then asks e2fsck."""
    if not machines[machine].boots:
        machines[machine].programs = PROGRAMS[:1]
        machines[machine].result(PROGRAMS[0])
    found = machines[machine].damage()
    assert not found, "\n".join(found)
