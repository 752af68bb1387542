"""Page tables: the walk of the processor, drawn, and what has changed since the last look.

Read next: frames.py
"""

import struct

import gdb

import frames
import tasks
from machine import (KERNEL_BASE, LARGE, PAGE, Command, Complaint, cr3, number, paging,
                     per_stop, physical, symbol, words_at)

# Bits of an entry, lowest first, as Intel's manual calls them [SDM 3A tables 4-4 to 4-6].
FLAGS = ["P", "R/W", "U/S", "PWT", "PCD", "A", "D", "PS", "G"]
SPELLED = {
    "P": "present", "R/W": "writable", "U/S": "user", "PWT": "write-through",
    "PCD": "not cached", "A": "accessed", "D": "dirty", "PS": "4 MiB page", "G": "global",
}
PRESENT, WRITE, USER, LARGE_PAGE = 1 << 0, 1 << 1, 1 << 2, 1 << 7


def flags_of(entry):
    return [name for bit, name in enumerate(FLAGS) if entry >> bit & 1]


def spelled(entry):
    names = flags_of(entry)
    return (" ".join(names) + " (" + ", ".join(SPELLED[n] for n in names) + ")"
            if names else "none")


class Walk:
    """The walk of the processor for @va in the directory at @directory [SDM 3A 4.3]."""

    def __init__(self, directory, va):
        self.directory, self.va = directory, va
        self.dir_index, self.table_index = va >> 22, va >> 12 & 0x3FF
        self.pde, = words_at(directory + 4 * self.dir_index)
        self.pte = self.table = self.physical = None
        self.large = bool(self.pde & PRESENT and self.pde & LARGE_PAGE)
        if self.large:
            self.physical = (self.pde & 0xFFC00000) | (va & (LARGE - 1))
        elif self.pde & PRESENT:
            self.table = self.pde & 0xFFFFF000
            self.pte, = words_at(self.table + 4 * self.table_index)
            if self.pte & PRESENT:
                self.physical = (self.pte & 0xFFFFF000) | (va & (PAGE - 1))

    def allows(self, bit):
        """Do both levels set @bit?  [SDM 3A 4.6]"""
        both = self.pde if self.pte is None else self.pde & self.pte
        return bool(self.physical is not None and both & bit)

    def entry_address(self):
        """Where the kernel writes the entry that decides: for a watchpoint."""
        if self.table is None:
            return KERNEL_BASE + self.directory + 4 * self.dir_index
        return KERNEL_BASE + self.table + 4 * self.table_index

    def draw(self):
        offset = self.va & ((LARGE if self.large else PAGE) - 1)
        print(f"va   {self.va:#010x} = {self.dir_index:010b}.{self.table_index:010b}."
              f"{self.va & 0xfff:012b}")
        print(f"       directory index {self.dir_index:#x}"
              + ("" if self.large else f", table index {self.table_index:#x}")
              + f", offset {offset:#x}")
        print(f"CR3  {self.directory:#010x}")
        print(f"  |  + 4 * {self.dir_index:#x}")
        print(f"  +-> directory entry {self.pde:#010x}   {spelled(self.pde)}")
        if self.pte is not None:
            print(f"        |  table {self.table:#010x} + 4 * {self.table_index:#x}")
            print(f"        +-> table entry {self.pte:#010x}   {spelled(self.pte)}")
        if self.physical is None:
            print("              not present: an access faults")
        else:
            print(f"              +-> physical {self.physical:#010x}")

    def brief(self):
        if self.physical is None:
            return "no table" if self.table is None else "entry empty"
        entry = self.pde if self.large else self.pte
        return f"{entry:#010x}   {spelled(entry)}"


def directory_of(pid):
    """The page directory of process @pid (a word the user typed), or the loaded one."""
    if pid is not None:
        space = tasks.space_of(number(pid))
        if space is None:
            raise Complaint(f"process {pid} has no memory: it has ended")
        return int(space["pt"]["cr3"])
    if not paging():
        raise Complaint("paging is off: an address is a physical address")
    return cr3()


class Pt(Command):
    """Draw the page walk of an address.

    pt ADDR [PID]

The walk is done as the processor does it: CR3, directory entry, table entry, offset.
Flags are spelled with the names of Intel's manual.  Then comes the frame, as "frame"
shows it.  ADDR may be any expression: pt 0x40000000, pt $esp, pt &frames.  Without PID
the page table is the loaded one.

$pte is then where the kernel sees the entry that decided, so watch *$pte stops when it writes
it; $pa is the physical address: eval "monitor xp /4xb %#x", $pa shows what is there."""

    least, most = 1, 2
    complete = gdb.COMPLETE_EXPRESSION

    def run(self, address, pid=None):
        walk = Walk(directory_of(pid), number(address))
        walk.draw()
        kind = gdb.lookup_type("unsigned int").pointer()
        gdb.set_convenience_variable("pte", gdb.Value(walk.entry_address()).cast(kind))
        if walk.physical is not None:
            gdb.set_convenience_variable("pa", walk.physical)
            frames.show(walk.physical >> 12)


# ---- everything that a directory maps -------------------------------------------------


def mapped(directory, first=0, end=1024):
    """{va: entry} of what is present from directory index @first to @end.  An entry of a
    large page keeps its PS bit; one of a table has none (it is PAT there, never set)."""
    found = {}
    pdes = struct.unpack(f"<{end - first}I",
                         physical(directory + 4 * first, 4 * (end - first)))
    for index, pde in enumerate(pdes, first):
        if pde & PRESENT and pde & LARGE_PAGE:
            found[index << 22] = pde
        elif pde & PRESENT:
            ptes = struct.unpack("<1024I", physical(pde & 0xFFFFF000, PAGE))
            found.update({index << 22 | k << 12: pte for k, pte in enumerate(ptes)
                          if pte & PRESENT})
    return found


def user_entries(directory):
    return mapped(directory, 0, KERNEL_BASE >> 22)


@per_stop
def mappers():
    """{frame number: [(process, va)]} of what processes map."""
    found = {}
    for p in tasks.processes():
        if int(p["task"]) and int(p["task"]["space"]):
            for va, pte in user_entries(int(p["task"]["space"]["pt"]["cr3"])).items():
                found.setdefault(pte >> 12, []).append((tasks.called(p), va))
    return found


def all_tables():
    """{(whose, name): {va: entry}} of every process, and of the kernel's own quarter."""
    tables = {(0, "the kernel"): mapped(int(symbol("kernel_pt")["cr3"]), KERNEL_BASE >> 22)}
    for p in tasks.processes():
        if int(p["task"]) and int(p["task"]["space"]):
            who = (int(p["pid"]), p["name"].string(errors="replace"))
            tables[who] = user_entries(int(p["task"]["space"]["pt"]["cr3"]))
    return tables


def changes(old, new):
    """(va, was, is) for every entry that differs, in order."""
    return [(va, old.get(va), new.get(va)) for va in sorted(old.keys() | new.keys())
            if old.get(va) != new.get(va)]


def sentence(was, now):
    """What happened to an entry, and how it looks in one word that neighbours share."""
    if was is None:
        return "new", " ".join(flags_of(now))
    if now is None:
        return "gone", "was " + " ".join(flags_of(was))
    moved = "another frame, " if (was ^ now) >> 12 else ""
    before, after = flags_of(was), flags_of(now)
    return "changed", moved + " ".join([f"+{f}" for f in after if f not in before]
                                       + [f"-{f}" for f in before if f not in after])


class Pt_Diff(Command):
    """Tell what has changed in the page tables since this was last asked.

    pt-diff

All processes and the kernel's quarter.  The first time, the tables are only remembered.
Neighbouring entries to which the same happened share a line; of an entry that was and is
there, + and - tell which flags were set and cleared (A and D are set by the processor)."""

    before = None

    def run(self):
        tables = all_tables()
        before, self.before = self.before, tables
        if before is None:
            total = sum(map(len, tables.values()))
            print(f"remembered: {total} entries, of {len(tables) - 1} processes and the kernel")
            return
        differs = False
        for who in sorted(before.keys() | tables.keys()):
            lines = self.lines(changes(before.get(who, {}), tables.get(who, {})))
            if lines:
                differs = True
                state = "" if who in tables else ", which has ended" if who[0] else ""
                state = state if who in before else ", which is new"
                print((f"process {who[0]}, {who[1]}" if who[0] else who[1]) + state)
                print("\n".join(lines))
        if not differs:
            print("nothing has changed")

    @staticmethod
    def lines(differences):
        runs = []                       # [first va, last va, what, entry now, pages]
        for va, was, now in differences:
            what, step = sentence(was, now), LARGE if (now or was) & LARGE_PAGE else PAGE
            if runs and runs[-1][2] == what and runs[-1][1] + step == va:
                runs[-1][1], runs[-1][4] = va, runs[-1][4] + 1
            else:
                runs.append([va, va, what, was if now is None else now, 1])
        return [f"  {what:8}{first:#010x}" + (f" .. {last:#010x} ({n})" if n > 1 else "")
                + f"  frame {entry >> 12:#x}{' ..' if n > 1 else ''}  {how}"
                for first, last, (what, how), entry, n in runs]
