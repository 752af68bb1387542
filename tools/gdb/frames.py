"""Frames of memory: what each is, and one shown.

Read next: life.py
"""

import functools
import struct

import gdb

import files
import pagetables
from machine import (DIRECT_MAX, KERNEL_BASE, PAGE, Command, Complaint, at, bits, counted,
                     enumeration, much, number, offset_of, per_stop, symbol, virtual)

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


@functools.lru_cache(maxsize=None)
def state_of(flags, owned, named, mapped):
    """The key in STATES of a frame with these flags."""
    names = flag_names(flags)
    if "reserved" in names:
        return "reserved"
    if not owned:
        return "free"
    for kind in ("pagetable", "kernel"):
        if kind in names:
            return kind
    if not named:
        return "anon" if mapped else "transit"
    if "writeback" in names:
        return "rewritten" if "dirty" in names else "writeback"
    if "dirty" in names:
        return "dirty"
    if "uptodate" not in names:
        return "reading" if "locked" in names else "error" if "error" in names else "unread"
    return "mapped" if mapped else "ahead" if "ahead" in names else "clean"


MEMBERS = ("refs", "flags", "mapping", "index", "maps", "place")


@functools.lru_cache(maxsize=None)
def layout():
    """Where in a struct frame, in words, its members are."""
    return [offset_of("frame", member) // 4 for member in MEMBERS]


class View:
    """One struct frame, as it was read."""

    def __init__(self, pfn, words):
        self.pfn = pfn
        self.refs, self.flags, self.mapping, self.index, self.maps, self.place = (
            words[k] for k in layout())
        self.names = flag_names(self.flags)

    def state(self):
        return state_of(self.flags, self.refs > 0, self.mapping != 0, self.maps > 0)

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


@per_stop
def array():
    """(address, how many, size of one)."""
    first = symbol("frames")
    return int(first), int(symbol("nframes")), first.type.target().sizeof


@per_stop
def view(pfn):
    first, _, size = array()
    return View(pfn, struct.unpack(f"<{size // 4}I", virtual(first + pfn * size, size)))


@per_stop
def all_words():
    """Every frame of the machine, in order, as words."""
    first, total, size = array()
    return list(struct.iter_unpack(f"<{size // 4}I", much(first, total * size)))


def all_states():
    refs, flags, mapping, _, maps, _ = layout()
    return [state_of(w[flags], w[refs] > 0, w[mapping] > 0, w[maps] > 0) for w in all_words()]


def flagged(*names):
    """The frames with one of these flags."""
    at_flags, wanted = layout()[1], sum(map(flag, names))
    return [View(pfn, words) for pfn, words in enumerate(all_words())
            if words[at_flags] & wanted]


def in_use():
    """The frames that anybody owns or that have a name, but for reserved ones."""
    refs, flags, mapping = layout()[:3]
    reserved = flag("reserved")
    return [View(pfn, words) for pfn, words in enumerate(all_words())
            if (words[refs] or words[mapping]) and not words[flags] & reserved]


def member(pfn, name):
    """The address of a member of a struct frame."""
    first, _, size = array()
    return first + pfn * size + 4 * layout()[MEMBERS.index(name)]


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
    gdb.set_convenience_variable("frame", at(first + pfn * size, "frame").address)
    print(f"frame {pfn:#x}: physical {pfn << 12:#010x}, "
          f"struct at {first + pfn * size:#010x}")
    print(f"  state   {STATES[f.state()][2]}")
    print(f"  owners  {f.owners()}")
    where = pagetables.mappers().get(pfn, []) if f.maps else []
    if where:
        print("  mapped  " + ", ".join(f"by {who} at {va:#010x}" for who, va in where[:3])
              + (f", and {len(where) - 3} more" if len(where) > 3 else ""))
    print(f"  name    {f.name()}")
    if f.place and f.mapping:
        print(f"  place   block {f.place}")
    print(f"  flags   {' '.join(f.names) or 'none'}")


class Frame(Command):
    """Show a frame of memory: owners, who maps it, name, state, flags.

    frame PFN|ADDR

A number below the number of frames is a frame number, anything else the kernel address
of a page in the direct map, or of a struct frame.  $frame is then the struct frame: print
*$frame, or watch $frame->mapping, which stops when it gets or loses its name.

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
