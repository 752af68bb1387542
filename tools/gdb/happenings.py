"""What happens and has happened: requests in flight, the trace, the counters.

Read next: watching.py
"""

import re
import struct

import files
from machine import Command, at, counted, entries, enumeration, number, symbol, text, virtual

SECTOR = 512


# ---- io -------------------------------------------------------------------------------


def devices():
    table = symbol("devices", "drivers/block.c")
    for k in range(table.type.range()[1] + 1):
        if int(table[k]):
            yield table[k].dereference()


def slots_of(device):
    """The slots in which the driver keeps what it has taken."""
    if int(device["driver"]) == int(symbol("disk", "drivers/ramdisk.c").address):
        return symbol("disk", "drivers/ramdisk.c")["slot"]
    return symbol("vblk_disk")["slot"]


def taken(device):
    """Requests that the device has."""
    slots = slots_of(device)
    for k in range(slots.type.range()[1] + 1):
        if int(slots[k]["r"]):
            yield slots[k]["r"].dereference()


class Io(Command):
    """List the requests in flight, device by device.

    io

First those that the device has, then those that wait in its queue: what is read or written,
from which sector on, how much, which pages of which file, into or from which frames."""

    def run(self):
        for device in devices():
            has, waits = list(taken(device)), list(entries(device["waiting"], "ioreq", "link"))
            print(f"{text(device['name'])}: {int(device['inflight'])} of {int(device['depth'])} "
                  f"under way, {len(waits)} waiting")
            for state, requests in (("device", has), ("queue", waits)):
                for r in requests:
                    print(f"  {state:6} {self.line(r)}")

    @staticmethod
    def line(r):
        segments = [r["seg"][k] for k in range(int(r["nsegs"]))]
        size = sum(int(s["len"]) for s in segments)
        operation = enumeration("IO_", "IO_READ")[int(r["op"])]
        shown = (f"{operation:5} sector {int(r['sector'])}, {size // SECTOR} sectors, "
                 f"{counted(len(segments), 'segment')}")
        if int(r["done"]) == int(symbol("done", "fs/pageio.c").address):
            t = at(int(r["ctx"]), "transfer")
            first, n = int(t["first"]), int(t["n"])
            shown += (f": pages {first}-{first + n - 1} of {files.mapping_name(int(t['m']))}"
                      if n > 1 else f": page {first} of {files.mapping_name(int(t['m']))}")
        spans = [f"{int(s['addr']) >> 12:#x}" + (f"+{int(s['len']) >> 12}"
                                                 if int(s["len"]) > 4096 else "")
                 for s in segments[:4]]
        more = " .." if len(segments) > 4 else ""
        return shown + (f", frames {' '.join(spans)}{more}" if spans else "")


# ---- trace ----------------------------------------------------------------------------


RECORD = struct.Struct("<QHHi4I")       # struct trace_rec


def records():
    """The records of all rings, oldest first, as (tsc, event, cpu, pid, a, b, c, d)."""
    rings, found = symbol("rings", "kernel/trace.c"), []
    for cpu in range(rings.type.range()[1] + 1):
        ring = rings[cpu]
        size = ring["record"].type.range()[1] + 1
        memory = virtual(int(ring["record"].address), size * RECORD.size)
        ring_next = int(ring["next"])
        all_of_it = list(RECORD.iter_unpack(memory))
        found += [all_of_it[k % size] for k in range(ring_next - size, ring_next)
                  if all_of_it[k % size][0]]
    return sorted(found, key=lambda r: r[0])


def microseconds(tsc):
    """As clock_tsc_us() has it."""
    count = tsc - int(symbol("tsc_at_boot", "kernel/clock.c"))
    return count * int(symbol("us_per_tsc", "kernel/clock.c")) >> 32


def formatted(fmt, values):
    """What the kernel's own printing makes of @fmt; %d is signed."""
    kinds = re.findall(r"%\d*([dux])", fmt)
    signed = [v - (1 << 32) if kind == "d" and v >> 31 else v for kind, v in zip(kinds, values)]
    return fmt % tuple(signed)


class Trace(Command):
    """Show the newest records of the event trace, as /proc/magpie/trace has them.

    trace [N]

N records, 20 without: seconds, processor, process, event, details.  Events are switched on by
trace=all on the kernel's command line or through /proc/magpie/trace_on, or here, which changes
the machine: set var trace_on = ~0.

This takes the place of GDB's own "trace"; "tp" is another name of that."""

    most = 1

    def run(self, n="20"):
        names, formats = symbol("names", "kernel/trace.c"), symbol("formats", "kernel/trace.c")
        all_of_them = records()
        for tsc, event, cpu, pid, *values in all_of_them[-number(n):] if number(n) else []:
            us = microseconds(tsc)
            print(f"{us // 1000000}.{us % 1000000:06} {cpu} {pid} {text(names[event])} "
                  f"{formatted(text(formats[event]), values)}")
        if not all_of_them:
            print("no records: is any event on?  help trace")


# ---- counters -------------------------------------------------------------------------


def counters():
    """{name: value}, summed over the processors."""
    names, values = symbol("counter_names"), symbol("cpu_counts", "kernel/counters.c")
    total = names.type.range()[1] + 1
    memory = virtual(int(values.address), values.type.sizeof)
    numbers = struct.unpack(f"<{len(memory) // 8}Q", memory)
    return {text(names[k]): sum(numbers[k::total]) for k in range(total)}


class Counters(Command):
    """Show the kernel's counters.

    counters [changed] [WORD ...]

With WORDs, only those whose names begin with one.  With "changed", only those that differ from
the last time that was asked, and by how much; the first time they are only remembered."""

    most = 99
    before = None

    def run(self, *words):
        changed = words[:1] == ("changed",)
        begins = words[1:] if changed else words
        now = counters()
        wanted = {name: value for name, value in now.items()
                  if not begins or name.startswith(begins)}
        if not changed:
            print("\n".join(f"{name} {value}" for name, value in wanted.items()))
            return
        before, self.before = self.before, now
        if before is None:
            print(f"remembered: {len(now)} counters")
            return
        lines = [f"{name} {value} (+{value - before[name]})"
                 for name, value in wanted.items() if value != before[name]]
        print("\n".join(lines) or "nothing has changed")
