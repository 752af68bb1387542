"""The stopped machine, for all of Magpie's commands: memory, symbols, lists, structures.

Physical memory is read through QEMU's stub in its physical mode, structures by the debug
information: member offsets, enumerations and names are asked for, never written down here.
What a function remembers with @per_stop is forgotten as soon as the machine runs.

Read next: pagetables.py
"""

import functools
import struct
import tempfile
from pathlib import Path

import gdb

PAGE = 4096
LARGE = 4 << 20
KERNEL_BASE = 0xC0000000
DIRECT_MAX = 0x38000000
TOO_EARLY = "the kernel has not started yet: break kernel_main, then continue"


class Complaint(gdb.GdbError):
    """Shown to the user as it is."""


class Command(gdb.Command):
    """A command: its name is the class's, in small letters, - for _; its help the docstring."""

    least, most = 0, 0                  # how many arguments
    complete = gdb.COMPLETE_NONE

    def __init__(self):
        self.word = type(self).__name__.lower().replace("_", "-")
        self.usage = next(line.strip() for line in self.__doc__.splitlines()[1:] if line.strip())
        super().__init__(self.word, gdb.COMMAND_DATA, self.complete)

    def invoke(self, arg, _from_tty):
        words = gdb.string_to_argv(arg)
        if not self.least <= len(words) <= self.most:
            raise Complaint(f"usage: {self.usage}")
        if not gdb.selected_inferior().pid:
            raise Complaint("the machine is not there: it has ended, or GDB has let it go")
        try:
            self.run(*words)
        except gdb.MemoryError as error:
            raise Complaint(f"no memory to read: {error}" if paging() else TOO_EARLY) from error

    def run(self, *words):
        raise NotImplementedError


# ---- what is remembered while the machine stands --------------------------------------


forgotten = []                          # cache_clear() of every per_stop function


def per_stop(function):
    """Remember results until the machine runs on, or somebody changes its memory."""
    memo = functools.lru_cache(maxsize=None)(function)
    forgotten.append(memo.cache_clear)
    return memo


def forget(_event=None):
    for clear in forgotten:
        clear()


gdb.events.cont.connect(forget)
gdb.events.memory_changed.connect(forget)


# ---- memory ---------------------------------------------------------------------------


def physical(address, size):
    """@size bytes of physical memory, whatever the page tables say."""
    connection = gdb.selected_inferior().connection
    connection.send_packet("Qqemu.PhyMemMode:1")
    try:
        return virtual(address, size)
    finally:
        connection.send_packet("Qqemu.PhyMemMode:0")


def virtual(address, size):
    """@size bytes as the processor would find them now."""
    try:
        return bytes(gdb.selected_inferior().read_memory(address, size))
    except gdb.MemoryError as error:
        raise Complaint(f"no memory to read at {address:#010x}" if paging() else TOO_EARLY) \
            from error


def much(address, size):
    """The same for megabytes: GDB's protocol would take a second, a file takes none."""
    with tempfile.NamedTemporaryFile(prefix="magpie-") as file:
        gdb.execute(f"monitor memsave {address:#x} {size} \"{file.name}\"", to_string=True)
        memory = Path(file.name).read_bytes()
    return memory if len(memory) == size else virtual(address, size)


def words_at(address, count=1):
    """32-bit words of physical memory."""
    return struct.unpack(f"<{count}I", physical(address, 4 * count))


def register(name):
    return int(gdb.parse_and_eval(f"(unsigned)${name}")) & 0xFFFFFFFF


def cr3():
    return register("cr3") & 0xFFFFF000


def paging():
    return bool(register("cr0") >> 31)


# ---- symbols and structures -----------------------------------------------------------


def symbol(name, file=None):
    """The global variable @name, or the static one of @file."""
    try:
        if file:
            return gdb.parse_and_eval(f"'{file}'::{name}")
        return (gdb.lookup_global_symbol(name) or gdb.lookup_static_symbol(name)).value()
    except (gdb.error, AttributeError) as error:
        raise Complaint(f"no {name} in this kernel: has GDB its symbols?") from error


def in_the_image(look):
    """What @look finds in constants, which need not be in memory yet."""
    gdb.execute("set trust-readonly-sections on")
    try:
        return look()
    finally:
        gdb.execute("set trust-readonly-sections off")


@functools.lru_cache(maxsize=None)
def pointer_to(struct_name):
    return gdb.lookup_type(f"struct {struct_name}").pointer()


@functools.lru_cache(maxsize=None)
def offset_of(struct_name, member):
    return int(gdb.parse_and_eval(f"(unsigned)&((struct {struct_name} *)0)->{member}"))


def at(address, struct_name):
    """The struct at @address."""
    return gdb.Value(address).cast(pointer_to(struct_name)).dereference()


def around(address, struct_name, member):
    """The struct whose @member is at @address: container_of()."""
    return at(address - offset_of(struct_name, member), struct_name)


def entries(head, struct_name, member):
    """The structs on an intrusive list (kernel/lib/list.h); none on one not yet made."""
    end, here = int(head.address), int(head["next"])
    while here not in (end, 0):
        node = around(here, struct_name, member)
        yield node
        here = int(node[member]["next"])


@functools.lru_cache(maxsize=None)
def enumeration(prefix, example):
    """{value: name without prefix, small} of the enumeration that @example belongs to."""
    fields = gdb.lookup_symbol(example)[0].type.fields()
    return {int(f.enumval): f.name[len(prefix):].lower() for f in fields
            if f.name.startswith(prefix)}


def bits(value, prefix, example):
    """The names of the bits of @value, lowest first."""
    return [name for bit, name in sorted(enumeration(prefix, example).items()) if value & bit]


def text(pointer):
    return pointer.string(errors="replace") if int(pointer) else ""


def number(words):
    """What the user typed for an address or a number: any expression."""
    try:
        return int(gdb.parse_and_eval(words)) & 0xFFFFFFFF
    except gdb.error as error:
        raise Complaint(f"{words}: {error}") from error


def counted(n, one, many=None):
    return f"{n} {one if n == 1 else many or one + 's'}"
