"""What would happen: a page fault thought through, with the lines of the kernel that decide.

The decisions are those of mm/space/fault.c and mm/space/pager_*.c, taken on what memory says
now.  tests/test_gdb.py holds each foretold outcome against what then happens.

Read next: invariants.py
"""

import gdb

import files
import frames
import tasks
from machine import KERNEL_BASE, PAGE, Command, Complaint, enumeration, number, paging, text
from pagetables import PRESENT, USER, WRITE, Walk, directory_of
from source import Line, constant

FAULT, FILE, ANON = "mm/space/fault.c", "mm/space/pager_file.c", "mm/space/pager_anon.c"
TAKE, SPACE_H = "mm/cache/take.c", "mm/space/space.h"

# What can happen: its name, in words, and where it is decided.
OUTCOMES = {
    "access":  ("no fault: the processor goes to {physical:#010x}", None),
    "denied":  ("SIGSEGV in user mode: the entry is the kernel's; the kernel itself goes to "
                "{physical:#010x}", Line("kernel/proc/usertrap.c", "serve", "USER_TOP")),
    "no-area": ("SIGSEGV: no area is there", Line(FAULT, "fault_locked", r"allowed\(v, write\)")),
    "protected": ("SIGSEGV: the area does not allow it", Line(FAULT, "allowed", "PROT_WRITE")),
    "past-end": ("SIGBUS: past the end of the file",
                 Line("mm/cache/pcache_read.c", "get_and_lock", "size_pages")),
    "own":     ("frame {pfn:#x} is nobody else's any more: its entry becomes writable",
                Line(FAULT, "fault_present", "->refs")),
    "unzero":  ("a fresh frame of zeros in place of the page of zeros",
                Line(FAULT, "copy_of", "frame_alloc_zeroed")),
    "cow":     ("frame {pfn:#x} is copied, and the copy mapped in its place",
                Line(FAULT, "copy_of", "page_copy")),
    "dirty":   ("frame {pfn:#x} {dirties}, and its entry becomes writable",
                Line(FAULT, "fault_shared", "->dirty")),
    "zero":    ("the page of zeros is mapped, for reading",
                Line(ANON, "anon_fault", "= zero_frame")),
    "fresh":   ("a fresh frame of zeros is mapped, writable",
                Line(ANON, "anon_fault", "frame_alloc_zeroed")),
    "steal":   ("{page} is STOLEN from the cache: the frame loses its name and is mapped as "
                "private memory", Line(FILE, "uncached_fault", "pcache_steal")),
    "private": ("{page} is mapped, for reading", Line(FILE, "private_fault", "f->write")),
    "private-copy": ("{page} is copied, and the copy mapped, writable",
                     Line(FILE, "private_fault", "supply_copy")),
    "not-stolen": ("{page} stays in the cache, being {obstacle}, and is mapped, for reading",
                   Line(FILE, "uncached_fault", "f->write")),
    "not-stolen-copy": ("{page} stays in the cache, being {obstacle}, and is copied",
                        Line(FILE, "uncached_fault", "supply_copy")),
    "shared":  ("{page} is mapped, for reading", Line(FILE, "shared_fault", "f->write")),
    "shared-dirty": ("{page} {dirties}, and is mapped, writable",
                     Line(FILE, "shared_write", r"shared_dirty\(")),
}

# What keeps a page in the cache, and where that is decided.
OBSTACLES = {
    "dirty":     Line(TAKE, "steal_obstacle", "FR_DIRTY"),
    "mapped":    Line(TAKE, "steal_obstacle", "->maps"),
    "writeback": Line(TAKE, "steal_obstacle", "FR_WRITEBACK"),
    "in use":    Line(TAKE, "steal_obstacle", "->refs"),
    "what little memory is left": Line(FILE, "uncached_fault", "room_to_steal"),
}
LINES = [line for _, line in OUTCOMES.values() if line] + list(OBSTACLES.values())


def room_to_steal():
    """room_to_steal() of mm/space/pager_file.c, where the share is an enum."""
    def value(text):
        return int(gdb.parse_and_eval(text))
    left = value("'frame.c'::pool.free") + value("cache_sums.named.v")
    return left > value("KEEP_SHARE") * value("'frame.c'::pool.reserve")


class Forecast:
    """What an access to @va in @space would meet."""

    def __init__(self, space, directory, va):
        self.va, self.walk = va, Walk(directory, va)
        self.area = area_for(space, va) if space is not None and va < KERNEL_BASE else None
        self.frame = None
        if self.walk.physical is not None and self.walk.physical >> 12 < frames.array()[1]:
            self.frame = frames.view(self.walk.physical >> 12)
        self.page = None                # of the file, in the cache
        if self.area is not None and int(self.area["mapping"]):
            start, first = int(self.area["start"]), int(self.area["pgoff"])
            self.index = first + (va - start) // PAGE
            self.page = files.find(self.area["mapping"], self.index)

    def outcome(self, write):
        """Its key in OUTCOMES."""
        if self.walk.allows(PRESENT):
            if self.va >= KERNEL_BASE:
                return "denied"
            if self.walk.allows(USER) and (not write or self.walk.allows(WRITE)):
                return "access"
        if self.area is None:
            return "no-area"
        allowed = int(self.area["prot"]) & 2 if write else int(self.area["prot"])
        if not allowed:
            return "protected"
        return self.present() if self.walk.allows(PRESENT) else self.absent(write)

    def present(self):
        """fault_present(): mapped for reading, and written to."""
        if int(self.area["flags"]) & vma_flag("shared"):
            return "dirty"
        if self.frame.pfn == frames.zero_frame():
            return "unzero"
        return "own" if not self.frame.mapping and self.frame.refs == 1 else "cow"

    def absent(self, write):
        """The pager's own: which of the four is it?"""
        pager = text(self.area["pager"]["name"])
        if pager == "anon":
            return "fresh" if write else "zero"
        if self.index >= -(-int(self.area["mapping"]["size"]) // PAGE):
            return "past-end"
        if pager == "shared":
            return "shared-dirty" if write else "shared"
        if pager == "uncached" and not self.obstacle():
            return "steal"
        kind = "private" if pager == "private" else "not-stolen"
        return kind + ("-copy" if write else "")

    def obstacle(self):
        """steal_obstacle(): what keeps the page in the cache; what is not there will be read."""
        page = self.page
        if page is None or page.state() == "reading":
            return ""
        for name in ("dirty", "writeback"):
            if name in page.names:
                return name
        if page.maps or page.refs > 1:
            return "mapped" if page.maps else "in use"
        return "" if room_to_steal() else "what little memory is left"

    def tell(self, write):
        outcome = self.outcome(write)
        words, line = OUTCOMES[outcome]
        page = dirties = ""
        if self.area is not None and int(self.area["mapping"]):
            memory_only = frames.is_memory_only(int(self.area["mapping"]))
            dirties = "is memory without a file" if memory_only else "becomes dirty"
            page = f"page {self.index}" + ("" if self.page else ", read from the disk first,")
        print(f"{'write' if write else 'read':6} " + words.format(
            physical=self.walk.physical or 0, pfn=self.frame.pfn if self.frame else 0, page=page,
            dirties=dirties, obstacle=self.obstacle() if self.page else ""))
        if outcome.startswith("not-stolen"):
            print(f"         {OBSTACLES[self.obstacle()]}")
        if line:
            print(f"         {line}")


def vma_flag(name):
    return next(bit for bit, known in enumeration("VMA_", "VMA_SHARED").items() if known == name)


def area_for(space, va):
    """As area_for() in fault.c: the area there, or the stack that would grow to it."""
    below, page = None, va & ~(PAGE - 1)
    for v in tasks.areas(space):
        if va < int(v["end"]):
            break
        below = v
    else:
        return None
    if va >= int(v["start"]):
        return v
    grows = int(v["flags"]) & vma_flag("growsdown")
    far = int(v["end"]) - page > constant(SPACE_H, "STACK_MAX")
    crowded = below is not None and int(below["end"]) + constant(SPACE_H, "STACK_GAP") > page
    return v if grows and not far and not crowded else None


class Why(Command):
    """Tell what would happen on a read or a write at an address, and which line decides it.

    why ADDR [PID]

The area, its page in the page cache, the entry and the frame; then, for a read and for a write
from user mode, how the processor and the page fault would settle it, with the line of the
kernel where the way parts."""

    least, most = 1, 2
    complete = gdb.COMPLETE_EXPRESSION

    def run(self, address, pid=None):
        va, directory = number(address), directory_of(pid)
        if not paging():
            raise Complaint("paging is off: nothing can fault")
        forecast = Forecast(tasks.space_of(number(pid) if pid else None), directory, va)
        if forecast.area is not None:
            print(f"area   {tasks.area_line(forecast.area)}")
        elif va < KERNEL_BASE:
            print("area   none")
        if forecast.page:
            print(f"cache  {forecast.page.brief()}")
        elif forecast.area is not None and int(forecast.area["mapping"]):
            print(f"cache  page {forecast.index} is not there")
        print(f"entry  {forecast.walk.brief()}")
        if forecast.frame and not (forecast.page and forecast.page.pfn == forecast.frame.pfn):
            print(f"frame  {forecast.frame.brief()}")
        for write in (False, True):
            forecast.tell(write)
