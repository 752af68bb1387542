"""Magpie's own commands for GDB: what the kernel's structures say, drawn.

    tools/magpie gdb [-- PROGRAM]       starts the machine, stopped, with these at hand

pt, frame, vmas, ps, check: "help" of each tells more.  Everything is read, nothing is
called and nothing changed, so all of it works wherever the machine stands, and when it is
broken.  Physical memory comes from QEMU's monitor, structures from the debug information.
"""

import re
import struct

import gdb

PAGE = 4096
KERNEL_BASE = 0xC0000000
DIRECT_MAX = 0x38000000
LARGE = 4 << 20

# Bits of an entry, lowest first [SDM 3A tables 4-4 to 4-6].
FLAGS = ["P", "R/W", "U/S", "PWT", "PCD", "A", "D", "PS", "G"]
SPELLED = {
    "P": "present", "R/W": "writable", "U/S": "user", "PWT": "write-through",
    "PCD": "not cached", "A": "accessed", "D": "dirty", "PS": "4 MiB page", "G": "global",
}
PRESENT, WRITE, LARGE_PAGE = 1 << 0, 1 << 1, 1 << 7


class Complaint(gdb.GdbError):
    """Shown to the user as it is."""


# ---- memory and structures ------------------------------------------------------------


def physical(address, words=1):
    """32-bit words of physical memory, whatever the page tables say."""
    text = gdb.execute(f"monitor xp /{words}wx {address:#x}", to_string=True)
    found = [int(w, 16) for line in text.splitlines()
             for w in re.findall(r"0x[0-9a-f]{8}\b", line.partition(":")[2])]
    if len(found) != words:
        raise Complaint(f"physical address {address:#x}: {text.strip()}")
    return found


def cr3():
    return int(gdb.parse_and_eval("$cr3")) & 0xFFFFF000


def paging():
    return int(gdb.parse_and_eval("(unsigned)$cr0")) >> 31 & 1


def symbol(name):
    value = gdb.lookup_global_symbol(name) or gdb.lookup_static_symbol(name)
    if value is None:
        raise Complaint(f"no {name} in this kernel: has GDB its symbols?")
    return value.value()


def offset_of(struct_name, member):
    return int(gdb.parse_and_eval(f"(unsigned)&((struct {struct_name} *)0)->{member}"))


def entries(head, struct_name, member):
    """The structs on an intrusive list (kernel/lib/list.h)."""
    kind = gdb.lookup_type(f"struct {struct_name}").pointer()
    back = offset_of(struct_name, member)
    end, at = int(head.address), int(head["next"])
    while at not in (end, 0):
        node = gdb.Value(at - back).cast(kind)
        yield node.dereference()
        at = int(node[member]["next"])


def number(text):
    """What the user typed for an address or a number: any expression."""
    try:
        return int(gdb.parse_and_eval(text)) & 0xFFFFFFFF
    except gdb.error as error:
        raise Complaint(f"{text}: {error}") from error


def words_of(arg, least, most, usage):
    words = gdb.string_to_argv(arg)
    if not least <= len(words) <= most:
        raise Complaint(f"usage: {usage}")
    return words


# ---- processes ------------------------------------------------------------------------


def processes():
    """Every process; proc.c keeps them on its list `all`."""
    head = gdb.parse_and_eval("'kernel/proc/proc.c'::all")
    if not int(head["next"]):
        return
    yield from entries(head, "proc", "all")


def process(pid):
    for p in processes():
        if int(p["pid"]) == pid:
            return p
    raise Complaint(f"there is no process {pid}")


def current_task():
    return symbol("cpus")[0]["current"]


def space_of(pid):
    """The address space of process @pid, or of the running task; None if it has none."""
    task = process(pid)["task"] if pid is not None else current_task()
    if not int(task) or not int(task["space"]):
        return None
    return task["space"].dereference()


def name_of(pointer):
    return pointer.string(errors="replace") if int(pointer) else ""


# ---- page tables ----------------------------------------------------------------------


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
        self.pde = physical(directory + 4 * self.dir_index)[0]
        self.pte = self.physical = None
        if not self.pde & PRESENT:
            return
        if self.pde & LARGE_PAGE:
            self.physical = (self.pde & 0xFFC00000) | (va & (LARGE - 1))
            return
        self.table = self.pde & 0xFFFFF000
        self.pte = physical(self.table + 4 * self.table_index)[0]
        if self.pte & PRESENT:
            self.physical = (self.pte & 0xFFFFF000) | (va & (PAGE - 1))

    def draw(self):
        va = self.va
        small = not self.pde & LARGE_PAGE or not self.pde & PRESENT
        offset = va & (PAGE - 1 if small else LARGE - 1)
        print(f"va   {va:#010x} = {self.dir_index:010b}.{self.table_index:010b}."
              f"{va & 0xfff:012b}")
        print(f"       directory index {self.dir_index:#x}"
              + (f", table index {self.table_index:#x}" if small else "")
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


class Pt(gdb.Command):
    """Draw the page walk of an address.

    pt ADDR [PID]

The walk is done as the processor does it: CR3, directory entry, table entry, offset.
Flags are spelled with the names of Intel's manual.  Then comes the frame, as "frame"
shows it.  ADDR may be any expression: pt 0x40000000, pt $esp, pt &frames.  Without PID
the page table is the loaded one."""

    def __init__(self):
        super().__init__("pt", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, arg, _from_tty):
        words = words_of(arg, 1, 2, "pt ADDR [PID]")
        va = number(words[0])
        if len(words) == 2:
            space = space_of(number(words[1]))
            if space is None:
                raise Complaint(f"process {words[1]} has no memory: it has ended")
            directory = int(space["pt"]["cr3"])
        elif not paging():
            raise Complaint("paging is off: an address is a physical address")
        else:
            directory = cr3()
        walk = Walk(directory, va)
        walk.draw()
        if walk.physical is not None:
            show_frame(walk.physical >> 12)


# ---- frames ---------------------------------------------------------------------------


def frame_flags(value):
    """The names of FR_* bits, from the debug information."""
    names = {int(f.enumval): f.name[3:].lower()
             for f in gdb.lookup_symbol("FR_LOCKED")[0].type.fields()
             if f.name.startswith("FR_")}
    return [name for bit, name in sorted(names.items()) if value & bit]


def frame_state(refs, flags, named):
    if "reserved" in flags:
        return "reserved: firmware, kernel image or ramdisk"
    if refs == 0:
        return "free"
    if "pagetable" in flags:
        return "page table"
    if "kernel" in flags:
        return "kernel memory"
    if not named:
        return "nameless: anonymous memory, or in transit"
    if "writeback" in flags:
        return "being written" + (", and dirty again" if "dirty" in flags else "")
    if "dirty" in flags:
        return "dirty"
    if "uptodate" in flags:
        return "clean"
    return "being read" if "locked" in flags else "not read yet"


def mapping_name(mapping):
    """Whose mapping is it?  A file's lies inside its inode, the disk's in its device."""
    if int(mapping["ops"]) == int(symbol("bdev_mapping_ops").address):
        return "the disk's metadata"
    inode = gdb.Value(int(mapping) - offset_of("inode", "mapping")).cast(
        gdb.lookup_type("struct inode").pointer())
    return f"inode {int(inode['ino'])}"


def show_frame(pfn):
    total = int(symbol("nframes"))
    if pfn >= total:
        print(f"frame {pfn:#x}: not described (there are {total:#x})")
        return
    f = symbol("frames")[pfn]
    refs, maps = int(f["refs"]["v"]), int(f["maps"]["v"])
    flags = frame_flags(int(f["flags"]))
    named = int(f["mapping"]) != 0
    print(f"frame {pfn:#x}: physical {pfn << 12:#010x}, struct at {int(f.address):#010x}")
    print(f"  state   {frame_state(refs, flags, named)}")
    print(f"  owners  {refs}: {maps} page-table entries"
          + (", the cache" if named and refs else "")
          + (f", {refs - maps - named} others" if refs - maps - named > 0 else ""))
    if named:
        print(f"  name    page {int(f['index'])} of {mapping_name(f['mapping'])}")
    else:
        print("  name    none")
    if int(f["place"]) and named:
        print(f"  place   block {int(f['place'])}")
    print(f"  flags   {' '.join(flags) or 'none'}")


class Frame(gdb.Command):
    """Show a frame of memory: owners, name, state, flags.

    frame PFN
    frame ADDR

A number below the number of frames is a frame number, anything else the kernel address
of a page in the direct map, or of a struct frame.

This takes the place of GDB's own "frame".  For stack frames there are "select-frame N",
"up", "down", and "frame" alone, which shows the selected one."""

    def __init__(self):
        super().__init__("frame", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, arg, _from_tty):
        if not arg.strip():
            gdb.execute("up 0")
            return
        value = number(words_of(arg, 1, 1, "frame PFN|ADDR")[0])
        show_frame(self.pfn(value))

    @staticmethod
    def pfn(value):
        frames, total = symbol("frames"), int(symbol("nframes"))
        first, size = int(frames), frames.type.target().sizeof
        if value < total:
            return value
        if first <= value < first + total * size:
            return (value - first) // size
        if KERNEL_BASE <= value < KERNEL_BASE + DIRECT_MAX:
            return value - KERNEL_BASE >> 12
        raise Complaint(f"{value:#x} is neither a frame number nor in the direct map")


# ---- vmas, ps -------------------------------------------------------------------------


VMA_FLAGS = ["shared", "growsdown", "uncached", "denywrite"]      # mm/cache/vma.h


class Vmas(gdb.Command):
    """List the areas of an address space.

    vmas [PID]

Of the running process if there is no PID: range, protection, pager, what is mapped."""

    def __init__(self):
        super().__init__("vmas", gdb.COMMAND_DATA)

    def invoke(self, arg, _from_tty):
        words = words_of(arg, 0, 1, "vmas [PID]")
        space = space_of(number(words[0]) if words else None)
        if space is None:
            raise Complaint("no address space: a task of the kernel, or a process that has ended")
        for v in entries(space["vmas"], "vma", "link"):
            prot = "".join(c if int(v["prot"]) >> bit & 1 else "-"
                           for bit, c in enumerate("rwx"))
            flags = " ".join(name for bit, name in enumerate(VMA_FLAGS)
                             if int(v["flags"]) >> bit & 1)
            mapped = ""
            if int(v["mapping"]):
                mapped = f"page {int(v['pgoff'])} of {mapping_name(v['mapping'])}"
            print(f"{int(v['start']):#010x}-{int(v['end']):#010x} {prot} "
                  f"{name_of(v['pager']['name']):9} {mapped} {flags}".rstrip())


class Ps(gdb.Command):
    """List the processes: number, parent, state, page directory, name; * runs now.

    ps"""

    def __init__(self):
        super().__init__("ps", gdb.COMMAND_DATA)

    def invoke(self, arg, _from_tty):
        words_of(arg, 0, 0, "ps")
        running = int(current_task())
        print(f"  {'PID':>5} {'PPID':>5} {'STATE':9} {'CR3':10} NAME")
        for p in processes():
            task = p["task"]
            state = "zombie" if str(p["state"]) == "PROC_ZOMBIE" else \
                str(task["state"]).removeprefix("TASK_").lower()
            parent = int(p["parent"]["pid"]) if int(p["parent"]) else 0
            mark = "*" if int(task) == running else " "
            print(f"{mark} {int(p['pid']):>5} {parent:>5} {state:9} "
                  f"{int(task['cr3']):#010x} {p['name'].string(errors='replace')}")


# ---- check ----------------------------------------------------------------------------


class Check(gdb.Command):
    """Check the invariants of memory, by looking: nothing in the kernel is called.

    check

  - a free frame has no name and no page-table entry
  - no entry of a process points to a free frame, and every frame has as many entries
    pointing to it as it says
  - a frame has at least as many owners as entries, and one more if it has a name
  - a dirty frame has a name, and a place on disk
  - a writable entry shows a frame that is its process's alone, or a dirty shared one

Between two instructions of a verb some of it may not hold: a lock is held then."""

    def __init__(self):
        super().__init__("check", gdb.COMMAND_DATA)

    def invoke(self, arg, _from_tty):
        words_of(arg, 0, 0, "check")
        self.complaints = 0
        pointing = self.count_entries()
        self.check_frames(pointing)
        print("ok" if not self.complaints else f"{self.complaints} violated")

    def complain(self, what):
        self.complaints += 1
        if self.complaints <= 20:
            print(what)

    @staticmethod
    def user_entries(directory):
        """(va, entry) of all present entries of user space, large pages apart."""
        for index, pde in enumerate(physical(directory, KERNEL_BASE >> 22)):
            if pde & PRESENT and not pde & LARGE_PAGE:
                for at, pte in enumerate(physical(pde & 0xFFFFF000, 1024)):
                    if pte & PRESENT:
                        yield index << 22 | at << 12, pte

    def count_entries(self):
        pointing, self.writable = {}, {}
        for p in processes():
            if not int(p["task"]) or not int(p["task"]["space"]):
                continue
            for va, pte in self.user_entries(int(p["task"]["space"]["pt"]["cr3"])):
                pfn = pte >> 12
                pointing[pfn] = pointing.get(pfn, 0) + 1
                if pte & WRITE:
                    self.writable[pfn] = (int(p["pid"]), va)
        return pointing

    def check_frames(self, pointing):
        frames, total = symbol("frames"), int(symbol("nframes"))
        kind = frames.type.target()
        offsets = [offset_of("frame", m)
                   for m in ("refs", "flags", "mapping", "maps", "place")]
        reserved, dirty = (int(gdb.parse_and_eval(n)) for n in ("FR_RESERVED", "FR_DIRTY"))
        memory = bytes(gdb.selected_inferior().read_memory(
            int(frames), total * kind.sizeof))
        for pfn in range(total):
            base = pfn * kind.sizeof
            refs, flags, mapping, maps, place = (
                struct.unpack_from("<I", memory, base + at)[0] for at in offsets)
            if flags & reserved:
                continue
            entries_here = pointing.get(pfn, 0)
            where = f"frame {pfn:#x}:"
            if refs == 0:
                if mapping:
                    self.complain(f"{where} free, but it has a name")
                if entries_here:
                    self.complain(f"{where} free, but {entries_here} entries point to it")
                continue
            if maps != entries_here:
                self.complain(f"{where} says {maps} entries, {entries_here} point to it")
            if refs < maps + (mapping != 0):
                self.complain(f"{where} {refs} owners are too few")
            if flags & dirty:
                if not mapping or not place:
                    self.complain(f"{where} dirty without name or place")
            if pfn in self.writable:
                if mapping and not flags & dirty or not mapping and maps > 1:
                    pid, va = self.writable[pfn]
                    self.complain(f"{where} writable at {va:#x} of process {pid}")


for command in (Pt, Frame, Vmas, Ps, Check):
    command()
print("Magpie: pt ADDR [PID], frame PFN|ADDR, vmas [PID], ps, check; \"help pt\" tells more.")
