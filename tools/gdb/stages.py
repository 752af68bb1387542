"""Running to the next steal or move, and looking at each stage of it: watch-steal, watch-mwrite.

Read next: why.py
"""

import files
import frames
import tasks
import watching
from machine import PAGE, Command, Complaint, counted, cr3, forget, in_the_image, register, symbol
from pagetables import Walk
from watching import (Entry, Faults, Return, Written, argument, arguments, invalidations, run_into,
                      run_to, until_given)


class Staged(Command):
    """A command that goes on with its next stage each time, unless the machine has moved
    meanwhile: then it begins anew."""

    least = most = 0

    def __init__(self):
        super().__init__()
        self.going, self.where = None, None

    def run(self):
        if self.going is None or self.where != watching.stops:
            self.going = self.stages()
        try:
            next(self.going)
            self.where = watching.stops
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
    """Run to the next steal, and through its stages.

    watch-steal

Each call, or Enter, runs to the next stage and shows the frame, the page-table entry and what
the TLB had to forget.  On a page fault there are four: before; un-named; mapped; and back to
the program.  When mwrite steals pages that nobody has touched, the first of them is shown:
before; un-named; given to the other file."""

    def stages(self):
        faults, by_fault = Faults(), Entry("pcache_steal")
        take = in_the_image(lambda: int(symbol("pager_uncached")["take"]))
        try:
            hit = run_into(by_fault, Entry(f"*{take:#x}", so=self.has_page))
        finally:
            faults.delete()
        task = int(tasks.current_task())
        va, way = faults.last.get(task, (None, None))
        if hit is not by_fault:
            yield from self.by_mwrite()
            return
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
    def has_page(area):
        """Stands the machine before a take whose first page is in the cache?"""
        forget()
        first = int(area["pgoff"]) + (int(arguments()[1]) - int(area["start"])) // PAGE
        return files.find(area["mapping"], first) is not None

    def by_mwrite(self):
        area, va, n = (arguments()[k] for k in range(3))
        va = int(va) & 0xFFFFFFFF
        first = int(area["pgoff"]) + (va - int(area["start"])) // PAGE
        pfn = files.find(area["mapping"], first).pfn
        self.begin(f"A steal of {counted(int(n), 'page')} by mwrite")
        self.show("1  before: the page cache owns it", pfn, va)
        yield
        run_to(Written(frames.member(pfn, "mapping"), lambda: not frames.view(pfn).mapping),
               Return())
        if frames.view(pfn).mapping:
            self.show("2  not stolen: it is in use elsewhere", pfn, va)
            return
        self.show("2  un-named: it is no file's any more", pfn, va)
        yield
        run_to(*until_given(pfn))
        self.show("3  given: a page of the other file, to be written", pfn, va)

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
        run_into(Entry("mwrite"))
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
        about_to = Entry("pcache_give", task, lambda m: int(m) == int(dst.address))
        if run_to(about_to, *until_given(pfn)) is about_to:
            self.show("3  placed: each has its block on the disk, and the TLB has forgotten",
                      pfn, va)
            yield
            run_to(*until_given(pfn))
        self.show("4  given: a page of the file, to be written", pfn, va)

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
