"""Places to run to: where a function begins or ends, or where memory has become something.

A stage that stages.py shows is the entry or the return of a function that other files call, so
it is there however the kernel was optimised, or the moment at which memory has become what the
stage says, whoever writes it.

Read next: stages.py
"""

import struct

import gdb

import frames
import tasks
from happenings import counters
from machine import PAGE, Complaint, forget, register, virtual

stops = 0                               # how often the machine has stopped


def count_stop(_event):
    global stops                        # pylint: disable=global-statement
    stops += 1


gdb.events.stop.connect(count_stop)


class Entry(gdb.Breakpoint):
    """Stops where a function begins; if they are given, for one task only, and when its first
    argument is @so()."""

    def __init__(self, where, task=None, so=None):
        super().__init__(where, internal=True)
        self.silent, self.whose, self.so = True, task, so

    def stop(self):
        if self.whose is not None and int(tasks.current_task()) != self.whose:
            return False
        return self.so is None or self.so(arguments()[0])


class Way_Back:
    """Where the function that has just been entered will return to."""

    def __init__(self):
        self.task, self.esp = int(tasks.current_task()), register("esp")
        self.address, = struct.unpack("<I", virtual(self.esp, 4))


class Return(Entry):
    """Stops there, in the same call: in the same task, with the stack unwound.  (GDB's own
    finish breakpoints never stop in a caller that was inlined.)"""

    def __init__(self, way=None):
        self.way = way or Way_Back()
        super().__init__(f"*{self.way.address:#x}", self.way.task)

    def stop(self):
        return super().stop() and register("esp") > self.way.esp


class Written(gdb.Breakpoint):
    """Stops when something is written at @address, and then @so() is true."""

    def __init__(self, address, so):
        super().__init__(f"*(unsigned *){address:#x}", gdb.BP_WATCHPOINT, gdb.WP_WRITE,
                         internal=True)
        self.silent, self.so = True, so

    def stop(self):
        forget()                        # it has run since we looked
        return self.so()


class Faults(Entry):
    """Stops nowhere, but knows each task's last fault: its address and the way back."""

    def __init__(self):
        super().__init__("fault_handle")
        self.last = {}
        if stands_at(self):
            self.stop()

    def stop(self):
        va = int(argument("va")) & -PAGE & 0xFFFFFFFF
        self.last[int(tasks.current_task())] = va, Way_Back()
        return False


def stands_at(entry):
    """Has its function just been entered?"""
    return any(register("eip") == place.pc for place in gdb.decode_line(entry.location)[1])


def run_into(*entries):
    """Run until one of them is hit, if we do not stand there; which."""
    for entry in entries:
        if stands_at(entry) and entry.stop():
            for each in entries:
                each.delete()
            return entry
    return run_to(*entries)


def run_to(*places):
    """Run until one of these breakpoints is hit; which."""
    before = {b.number: b.hit_count for b in places}
    try:
        gdb.execute("continue", to_string=True)
        hit = [b for b in places if b.hit_count > before[b.number]]
    except gdb.error as error:
        raise Complaint(f"the machine has ended: {error}") from error
    finally:
        for b in places:
            b.delete()
    if not gdb.selected_inferior().pid:
        raise Complaint("the machine has ended before it came to that")
    if not hit:
        raise Complaint("the machine stopped elsewhere before it came to that")
    return hit[0]


def arguments():
    frame = gdb.newest_frame()
    return [frame.read_var(s) for s in frame.block() if s.is_argument]


def argument(name):
    return gdb.newest_frame().read_var(name)


def until_given(pfn):
    """Places at which a nameless frame becomes a dirty page, in whatever order that is written,
    or is freed."""
    def given():
        f = frames.view(pfn)
        return f.mapping and "dirty" in f.names or not f.refs
    return [Written(frames.member(pfn, m), given) for m in ("mapping", "index", "flags", "refs")]


def invalidations():
    now = counters()
    return now["tlb_invlpg"] + now["tlb_cr3"]
