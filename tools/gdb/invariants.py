"""What must always hold of memory, checked by looking from outside.

Read next: happenings.py
"""

import frames
import pagetables
import tasks
from machine import Command


class Check(Command):
    """Check the invariants of memory, by looking: nothing in the kernel is called.

    check

  - a free frame has no name and no page-table entry
  - no entry of a process points to a free frame, and every frame has as many entries
    pointing to it as it says
  - a frame has at least as many owners as entries, and one more if it has a name
  - a dirty frame has a name, and a place on disk
  - a writable entry shows a frame that is its process's alone, or a dirty shared one

Between two instructions of a verb some of it may not hold: a lock is held then."""

    def run(self):
        self.complaints = 0
        pointing, writable = self.count_entries()
        used = frames.in_use()
        for f in used:
            self.check_frame(f, pointing.pop(f.pfn, 0), writable.get(f.pfn))
        for pfn, entries in pointing.items():
            if pfn != frames.zero_frame():
                self.complain(frames.view(pfn), f"not in use, but {entries} entries point to it")
        print("ok" if not self.complaints else f"{self.complaints} violated")

    def complain(self, f, what):
        self.complaints += 1
        if self.complaints <= 20:
            print(f"frame {f.pfn:#x}: {what}")

    @staticmethod
    def count_entries():
        """{pfn: entries of processes} and {pfn: (pid, va) of one that is writable}."""
        pointing, writable = {}, {}
        for p in tasks.processes():
            if not int(p["task"]) or not int(p["task"]["space"]):
                continue
            directory = int(p["task"]["space"]["pt"]["cr3"])
            for va, pte in pagetables.user_entries(directory).items():
                pfn = pte >> 12
                pointing[pfn] = pointing.get(pfn, 0) + 1
                if pte & pagetables.WRITE:
                    writable[pfn] = (int(p["pid"]), va)
        return pointing, writable

    def check_frame(self, f, entries, writable):
        if f.refs == 0:
            self.complain(f, f"free, but it has a name, and {entries} entries point to it")
            return
        if f.maps != entries:
            self.complain(f, f"says {f.maps} entries, {entries} point to it")
        if f.refs < f.maps + (f.mapping != 0):
            self.complain(f, f"{f.refs} owners are too few")
        if "dirty" in f.names and not (f.mapping and f.place):
            self.complain(f, "dirty without name or place")
        if writable and not self.may_be_writable(f):
            self.complain(f, f"writable at {writable[1]:#x} of process {writable[0]}")

    def may_be_writable(self, f):
        if not f.mapping:
            return f.maps <= 1
        return "dirty" in f.names or frames.is_memory_only(f.mapping)
