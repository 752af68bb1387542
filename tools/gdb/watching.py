"""Running to the next steal or move, and looking at each stage of it.

A stage is the entry or the return of a function that other files call, so it is there however
the kernel was optimised, or the moment at which memory has become what the stage says, whoever
writes it; what is shown comes from arguments and from memory.

Read next: why.py
"""

import struct

import gdb

import files
import frames
import tasks
from happenings import counters
from machine import PAGE, Command, Complaint, counted, cr3, forget, register, virtual
from pagetables import Walk

stops = 0                               # how often the machine has stopped


def count_stop(_event):
    global stops                        # pylint: disable=global-statement
    stops += 1


gdb.events.stop.connect(count_stop)


class Entry(gdb.Breakpoint):
    """Stops where a function begins; if they are given, for one task only, and for one value of
    its first argument."""

    def __init__(self, where, task=None, first=None):
        super().__init__(where, internal=True)
        self.silent, self.whose, self.first = True, task, first

    def stop(self):
        if self.whose is not None and int(tasks.current_task()) != self.whose:
            return False
        return self.first is None or int(first_argument()) == self.first


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
        if stands_at("fault_handle"):
            self.stop()

    def stop(self):
        va = int(argument("va")) & -PAGE & 0xFFFFFFFF
        self.last[int(tasks.current_task())] = va, Way_Back()
        return False


def stands_at(function):
    """Has it just been entered?"""
    return any(register("eip") == place.pc for place in gdb.decode_line(function)[1])


def run_into(function):
    """Run until it is entered, if we do not stand there."""
    if not stands_at(function):
        run_to(Entry(function))


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


def first_argument():
    frame = gdb.newest_frame()
    return frame.read_var(next(s for s in frame.block() if s.is_argument))


def argument(name):
    return gdb.newest_frame().read_var(name)


def invalidations():
    now = counters()
    return now["tlb_invlpg"] + now["tlb_cr3"]


class Staged(Command):
    """A command that goes on with its next stage each time, unless the machine has moved
    meanwhile: then it begins anew."""

    least = most = 0

    def __init__(self):
        super().__init__()
        self.going, self.where = None, None

    def run(self):
        if self.going is None or self.where != stops:
            self.going = self.stages()
        try:
            next(self.going)
            self.where = stops
        except StopIteration:
            self.going = None
        except Complaint:
            self.going = None
            raise

    def stages(self):
        raise NotImplementedError

    def begin(self, title):
        self.flushed = invalidations()
        print(f"{title}, {self.who()}")

    @staticmethod
    def who():
        proc = tasks.current_task()["proc"]
        return tasks.called(proc) if int(proc) else "a task of the kernel"

    def show(self, stage, pfn, va):
        print(f"{stage}")
        if pfn is not None:
            print(f"  {frames.view(pfn).brief()}")
        if va is not None:
            print(f"  entry for {va:#010x}: {Walk(cr3(), va).brief()}")
        print(f"  TLB: {invalidations() - self.flushed} invalidations so far")


class Watch_Steal(Staged):
    """Run to the next steal on a page fault, and through its stages.

    watch-steal

Each call, or Enter, runs to the next of four stages and shows the frame, the page-table entry
and what the TLB had to forget: before; un-named; mapped; and back to the program."""

    def stages(self):
        faults = Faults()
        try:
            run_into("pcache_steal")
        finally:
            faults.delete()
        task = int(tasks.current_task())
        va, way = faults.last.get(task, (None, None))
        pfn = frames.pfn_of(int(argument("f")))
        self.begin("A steal")
        self.show("1  before: the page cache and the fault own it", pfn, va)
        yield
        run_to(Return())
        if register("eax") != 0:
            self.show("2  not stolen: it is in use elsewhere", pfn, va)
            return
        if way is None:
            self.show("2  un-named: it goes to an mwrite", pfn, va)
            return
        self.show("2  un-named: it is no file's any more", pfn, va)
        yield
        self.until_mapped(pfn, va, way)
        self.show("3  mapped: the page-table entry owns it", pfn, va)
        yield
        if register("esp") <= way.esp:
            run_to(Return(way))
        self.show("4  done: the program will run on and find it", pfn, va)

    @staticmethod
    def until_mapped(pfn, va, way):
        """Until entry and frame know of each other, in either order; at most to the fault's end."""
        def both():
            walk = Walk(cr3(), va)
            return frames.view(pfn).maps > 0 and walk.physical == pfn * PAGE
        entry = Walk(cr3(), va).entry_address()
        run_to(Written(entry, both), Written(frames.member(pfn, "maps"), both), Return(way))


class Watch_Mwrite(Staged):
    """Run to the next mwrite, and through the stages of its first batch.

    watch-mwrite

Each call, or Enter, runs to the next of four stages and shows the first page: its frame, its
page-table entry and what the TLB had to forget: before; collected; placed and flushed; given."""

    def stages(self):
        run_into("mwrite")
        task, va = int(tasks.current_task()), int(argument("va")) & 0xFFFFFFFF
        dst, index = argument("dst").dereference(), int(argument("at"))
        name = files.mapping_name(int(dst.address))
        pages = int(argument("npages"))
        self.begin(f"mwrite of {counted(pages, 'page')} at {va:#010x} to page {index} of {name}")
        self.show("1  before", self.source(va), va)
        yield
        prepare = Entry(f"*{int(dst['ops']['prepare']):#x}", task)
        back = Return()
        if run_to(prepare, back) is back:
            self.show("2  nothing was collected", None, va)
            return
        pfn, n = frames.pfn_of(int(argument("f")[0])), int(argument("n"))
        self.show(f"2  collected: {counted(n, 'nameless frame')}, ours alone", pfn, va)
        yield
        def given():
            f = frames.view(pfn)
            return f.mapping == int(dst.address) and "dirty" in f.names
        about_to = Entry("pcache_give", task, int(dst.address))
        if run_to(about_to, *self.whole_name(pfn, given)) is about_to:
            self.show("3  placed: each has its block on the disk, and the TLB has forgotten",
                      pfn, va)
            yield
            run_to(*self.whole_name(pfn, given))
        self.show("4  given: a page of the file, to be written", pfn, va)

    @staticmethod
    def whole_name(pfn, given):
        """A name is written a word at a time, in whatever order."""
        return [Written(frames.member(pfn, m), given) for m in ("mapping", "index", "flags")]

    @staticmethod
    def source(va):
        """The frame behind @va: mapped, or in the cache of what the area shows; None."""
        walk = Walk(cr3(), va)
        if walk.physical is not None:
            return walk.physical >> 12
        area = tasks.area_at(tasks.space_of(None), va)
        if area is None or not int(area["mapping"]):
            return None
        index = int(area["pgoff"]) + (va - int(area["start"])) // PAGE
        found = files.find(area["mapping"], index)
        return found.pfn if found else None
