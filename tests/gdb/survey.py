"""Runs inside GDB, with Magpie's commands there: a program, fault by fault, to its mwrite.

Each fault is foretold as "why" does, and then seen to its end.  Once everything is mapped,
every page that the processes have, and many addresses besides, are drawn by "pt"; what other
commands say, and QEMU's view of it all, go beside it.  All of it as JSON to the file named in
SURVEY, guest memory to SURVEY.ram; at last comes "info tlb" on standard output, which QEMU
does not always come to the end of.

Memory and registers are taken before all that and after it: whoever only reads changes nothing.
"""

import json
import os
import random
import threading
import time

import gdb

import frames
import pagetables
import tasks
import watching
import why
from happenings import counters
from machine import register

COUNTED = ["pages_zeroed", "bytes_copied_cow", "frames_stolen", "fallback_dirty",
           "fallback_mapped", "fallback_busy"]
WORDS = ["pt", "pt-diff", "why", "vmas", "ps", "frame", "name", "cache", "dirty", "io", "trace",
         "counters", "check", "life", "watch-steal", "watch-mwrite"]
COMMANDS = ["ps", "vmas", "vmas 1", "vmas 2", "vmas 3", "vmas 4", "pt-diff", "check", "name /bin/walk 1",
            "cache /tmp/walk", "cache /data/big", "dirty", "name /data/big 5", "frame zero_frame",
            "magpie", "pt $eip", "pt &frames", "pt 0xc0400000 1", "pt $esp", "why 0x58003000",
            "why 0x58007000", "why 0xc0100000", "life", "life 512", "io", "trace", "trace 4096",
            "counters", "counters changed", "info mem", *(f"help {word}" for word in WORDS)]
TLB_SECONDS = 3


def seen(directory, va):
    """The page at @va as it is now."""
    walk = pagetables.Walk(directory, va)
    if walk.physical is None:
        return {"pfn": None}
    f = frames.view(walk.physical >> 12)
    return {"pfn": f.pfn, "named": f.mapping != 0, "dirty": "dirty" in f.names,
            "writable": walk.allows(pagetables.WRITE), "zero": f.pfn == frames.zero_frame()}


def one_fault():
    """The machine stands at a fault: foretell it, and see it through."""
    va, write = (int(watching.argument(name)) for name in ("va", "write"))
    space = watching.argument("s").dereference()
    directory = int(space["pt"]["cr3"])
    va &= 0xFFFFF000
    foretold = why.Forecast(space, directory, va).outcome(bool(write))
    before, was = counters(), seen(directory, va)
    watching.run_to(watching.Return())
    now = counters()
    return {"va": va, "write": write, "foretold": foretold, "was": was,
            "is": seen(directory, va), "result": register("eax"),
            **{name: now[name] - before[name] for name in COUNTED}}


def walk_faults():
    """To the mwrite, fault by fault; none is looked at when there are too many for that."""
    faults = []
    if os.environ["SURVEY_FAULTS"] == "no":
        watching.run_to(watching.Entry("mwrite"))
        return faults
    while True:
        fault, mwrite = watching.Entry("fault_handle"), watching.Entry("mwrite")
        if watching.run_to(fault, mwrite) is mwrite:
            return faults
        faults.append(one_fault())


def addresses(directory):
    """Of one address space: every user page, some of the kernel's, their neighbours, others."""
    mapped = pagetables.mapped(directory)
    dice = random.Random(4096)
    some = {va for va in mapped if va < 0xC0000000}
    some |= {dice.choice(sorted(mapped)) + dice.randrange(4096) for _ in range(150)}
    some |= {va - 1 for va in some if va} | {dice.randrange(1 << 32) for _ in range(80)}
    return sorted(some)


def survey(pid):
    directory = int(tasks.space_of(pid)["pt"]["cr3"])
    drawn = [(va, said(f"pt {va:#x} {pid}")) for va in addresses(directory)]
    return {"pid": pid, "cr3": directory, "drawn": drawn}


def timed(command):
    """What it says; its seconds by the clock, the better of two, and of GDB's own work the first
    time."""
    worked, begun = time.process_time(), time.perf_counter()
    text = said(command)
    worked, took = time.process_time() - worked, time.perf_counter() - begun
    begun = time.perf_counter()
    said(command)
    return text, min(took, time.perf_counter() - begun), worked


def machine(name):
    """All of memory goes to the file SURVEY.@name; the registers are returned."""
    said(f"monitor pmemsave 0 {256 << 20:#x} \"{os.environ['SURVEY']}.{name}\"")
    return said("monitor info registers")


def said(command):
    try:
        return gdb.execute(command if command != "info mem" else "monitor info mem",
                           to_string=True)
    except gdb.error as error:
        return str(error)


def main():
    found = {"faults": walk_faults()}
    found["registers"] = [machine("ram")]
    found["running"] = int(tasks.current_task()["id"])
    done = {command: timed(command) for command in COMMANDS}
    found["said"] = {command: text for command, (text, _, _) in done.items()}
    found["seconds"] = {command: figures for command, (_, *figures) in done.items()}
    found["lines"] = [line.find() for line in why.LINES]
    found["spaces"] = [survey(int(p["pid"])) for p in tasks.processes()
                       if int(p["task"]) and int(p["task"]["space"])]
    found["registers"].append(machine("after"))
    with open(os.environ["SURVEY"], "w", encoding="ascii") as out:
        json.dump(found, out)


main()
threading.Timer(TLB_SECONDS, lambda: os._exit(0)).start()
gdb.execute("monitor info tlb")
