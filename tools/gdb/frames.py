"""Frames of memory: one shown, all of them as a picture.

Read next: files.py
"""

import functools
import struct

import gdb

import files
from machine import (DIRECT_MAX, KERNEL_BASE, PAGE, Command, Complaint, at, bits, counted,
                     enumeration, number, offset_of, per_stop, symbol, virtual)

# What a frame is, as a character, a colour and words.  The cache's own states are lower
# case while the disk has the same, capital while it has not.
STATES = {
    "free":      (".", 90, "free"),
    "reserved":  ("#", 90, "reserved: firmware, kernel image or ramdisk"),
    "pagetable": ("t", 35, "page table"),
    "kernel":    ("k", 34, "kernel memory"),
    "anon":      ("a", 36, "nameless: anonymous memory"),
    "transit":   ("x", 97, "nameless, in transit"),
    "reading":   ("r", 33, "being read"),
    "unread":    ("u", 33, "not read yet"),
    "error":     ("!", 91, "not read: an error"),
    "ahead":     ("n", 92, "clean, read ahead and not used yet"),
    "clean":     ("c", 32, "clean"),
    "mapped":    ("m", 96, "clean, and mapped"),
    "dirty":     ("D", 31, "dirty"),
    "writeback": ("W", 95, "being written"),
    "rewritten": ("B", 95, "being written, and dirty again"),
}


class View:
    """One struct frame, as it was read."""

    def __init__(self, pfn, memory):
        words = struct.unpack(f"<{len(memory) // 4}I", memory)
        self.pfn = pfn
        self.refs, self.flags, self.mapping, self.index, self.maps, self.place = (
            words[offset_of("frame", member) // 4]
            for member in ("refs", "flags", "mapping", "index", "maps", "place"))
        self.names = flag_names(self.flags)

    def state(self):
        """Its key in STATES."""
        has = self.names.__contains__
        if has("reserved"):
            return "reserved"
        if self.refs == 0:
            return "free"
        for kind in ("pagetable", "kernel"):
            if has(kind):
                return kind
        if not self.mapping:
            return "anon" if self.maps else "transit"
        if has("writeback"):
            return "rewritten" if has("dirty") else "writeback"
        if has("dirty"):
            return "dirty"
        if not has("uptodate"):
            return "reading" if has("locked") else "error" if has("error") else "unread"
        return "mapped" if self.maps else "ahead" if has("ahead") else "clean"

    def owners(self):
        named = self.mapping != 0 and self.refs > 0
        others = self.refs - self.maps - named
        return (f"{self.refs}: {counted(self.maps, 'page-table entry', 'page-table entries')}"
                + (", the cache" if named else "")
                + (f", {counted(others, 'other')}" if others > 0 else ""))

    def name(self):
        if not self.mapping:
            return "none"
        return f"page {self.index} of {files.mapping_name(self.mapping)}"

    def brief(self):
        """In a line: for before and after."""
        return (f"frame {self.pfn:#x}  name: {self.name()}  owners {self.owners()}  "
                f"state: {STATES[self.state()][2]}"
                + (f"  block {self.place}" if self.place else ""))


@functools.lru_cache(maxsize=None)
def flag_names(flags):
    return bits(flags, "FR_", "FR_LOCKED")


def flag(name):
    """The bit FR_@name."""
    return next(bit for bit, known in enumeration("FR_", "FR_LOCKED").items() if known == name)


# ---- the array ------------------------------------------------------------------------


CHUNK = 64                              # frames read together: what fits into one packet


@per_stop
def array():
    """(address, how many, size of one)."""
    first = symbol("frames")
    return int(first), int(symbol("nframes")), first.type.target().sizeof


@per_stop
def chunk(k):
    first, total, size = array()
    return virtual(first + k * CHUNK * size, min(CHUNK, total - k * CHUNK) * size)


def view(pfn):
    size = array()[2]
    offset = pfn % CHUNK * size
    return View(pfn, chunk(pfn // CHUNK)[offset:offset + size])


@per_stop
def all_frames():
    """Every frame of the machine, in order."""
    return [view(pfn) for pfn in range(array()[1])]


def pfn_of(address):
    """The number of the frame whose struct is at @address."""
    return (address - array()[0]) // array()[2]


@per_stop
def is_memory_only(mapping):
    """Is the mapping at @mapping of shared memory, without a file?  It is never dirty then."""
    return int(at(mapping, "mapping")["ops"]["write"]) == 0


def zero_frame():
    return pfn_of(int(symbol("zero_frame")))


def show(pfn):
    first, total, size = array()
    if pfn >= total:
        print(f"frame {pfn:#x}: not described (there are {total:#x})")
        return
    f = view(pfn)
    print(f"frame {pfn:#x}: physical {pfn << 12:#010x}, "
          f"struct at {first + pfn * size:#010x}")
    print(f"  state   {STATES[f.state()][2]}")
    print(f"  owners  {f.owners()}")
    print(f"  name    {f.name()}")
    if f.place and f.mapping:
        print(f"  place   block {f.place}")
    print(f"  flags   {' '.join(f.names) or 'none'}")


class Frame(Command):
    """Show a frame of memory: owners, name, state, flags.

    frame PFN|ADDR

A number below the number of frames is a frame number, anything else the kernel address
of a page in the direct map, or of a struct frame.

This takes the place of GDB's own "frame".  For stack frames there are "select-frame N",
"up", "down", and "frame" alone, which shows the selected one."""

    most = 1
    complete = gdb.COMPLETE_EXPRESSION

    def run(self, what=None):
        if what is None:
            gdb.execute("up 0")
        else:
            show(self.pfn(number(what)))

    @staticmethod
    def pfn(value):
        first, total, size = array()
        if value < total:
            return value
        if first <= value < first + total * size:
            return pfn_of(value)
        if KERNEL_BASE <= value < KERNEL_BASE + DIRECT_MAX:
            return (value - KERNEL_BASE) // PAGE
        raise Complaint(f"{value:#x} is neither a frame number nor in the direct map")


# ---- pictures -------------------------------------------------------------------------


def coloured(states):
    """A character for each state, in colours if GDB uses them."""
    if not gdb.parameter("style enabled"):
        return "".join(STATES[s][0] for s in states)
    out, last = "", None
    for s in states:
        char, colour, _ = STATES[s]
        out += (f"\33[{colour}m" if colour != last else "") + char
        last = colour
    return out + "\33[0m"


def picture(states, width, label):
    """Lines of @width characters; lines like the one before are counted, not shown."""
    rows = [states[k:k + width] for k in range(0, len(states), width)]
    same = 0
    for k, row in enumerate(rows):
        if 0 < k < len(rows) - 1 and row == rows[k - 1]:
            same += 1
            continue
        if same:
            print(f"{'':10} ... {counted(same, 'line')} the same")
        print(f"{label(k * width)} {coloured(row)}")
        same = 0


def legend(states):
    for state, (_, _, words) in STATES.items():
        if state in states:
            print(f"  {coloured([state])} {states.count(state):7}  {words}")


class Life(Command):
    """Show every frame in memory as one character, in colours where GDB has them.

    life [WIDTH]

Lines of WIDTH frames, 64 without; lines that repeat the one above are only counted.
Then come the meaning of the characters and how many there are of each."""

    most = 1

    def run(self, width="64"):
        width = number(width)
        if not 1 <= width <= 4096:
            raise Complaint("a width from 1 to 4096")
        states = [f.state() for f in all_frames()]
        picture(states, width, lambda pfn: f"{pfn << 12:#010x}")
        legend(states)
