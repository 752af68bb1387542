"""Processes and their areas: ps, vmas.

Read next: why.py
"""

import files
from machine import Command, Complaint, entries, enumeration, number, symbol, text


def processes():
    """Every process; proc.c keeps them on its list `all`."""
    return entries(symbol("all", "kernel/proc/proc.c"), "proc", "all")


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


def owner_of(pagetable):
    """The process whose page table is at @pagetable; None: nobody's."""
    for p in processes():
        if int(p["task"]) and int(p["task"]["space"]) \
                and int(p["task"]["space"]["pt"].address) == pagetable:
            return p
    return None


def called(p):
    return f"process {int(p['pid'])} ({p['name'].string(errors='replace')})"


def areas(space):
    return entries(space["vmas"], "vma", "link")


def area_at(space, va):
    """The area that @va is in, or None."""
    for v in areas(space):
        if int(v["start"]) <= va < int(v["end"]):
            return v
    return None


def protection(v):
    return "".join(c if int(v["prot"]) >> bit & 1 else "-" for bit, c in enumerate("rwx"))


def area_line(v):
    mapped = ""
    if int(v["mapping"]):
        mapped = f"page {int(v['pgoff'])} of {files.mapping_name(int(v['mapping']))}"
    said = (text(v["pager"]["name"]), "maywrite")
    flags = " ".join(name for bit, name in enumeration("VMA_", "VMA_SHARED").items()
                     if int(v["flags"]) & bit and name not in said)
    return (f"{int(v['start']):#010x}-{int(v['end']):#010x} {protection(v)} "
            f"{text(v['pager']['name']):9} {mapped} {flags}").rstrip()


class Vmas(Command):
    """List the areas of an address space.

    vmas [PID]

Of the running process if there is no PID: range, protection, pager, what is mapped."""

    most = 1

    def run(self, pid=None):
        space = space_of(number(pid) if pid else None)
        if space is None:
            raise Complaint("no address space: a task of the kernel, or a process that has ended")
        for v in areas(space):
            print(area_line(v))


class Ps(Command):
    """List the processes: number, parent, state, page directory, name; * runs now.

    ps"""

    def run(self):
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
