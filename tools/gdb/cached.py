"""The page cache, by file: name, cache, dirty.

Read next: tasks.py
"""

import files
import frames
import life
import pagetables
import tasks
from machine import PAGE, Command, counted, entries, number, text


def who_maps(mapping, index):
    """(process, va, walk) of every area that shows page @index, mapped now or not."""
    for v in entries(mapping["vmas"], "vma", "link_mapping"):
        start, end, first = (int(v[m]) for m in ("start", "end", "pgoff"))
        va = start + (index - first) * PAGE
        owner = tasks.owner_of(int(v["pt"]))
        if start <= va < end and index >= first and owner:
            yield owner, v, va, pagetables.Walk(int(v["pt"]["cr3"]), va)


class Name(Command):
    """Tell which frame holds a page of a file, and who maps it.

    name PATH PAGE

PATH is absolute, in the root file system; PAGE counts from 0.  Areas are listed that show the
page, whether their entry is empty, shows this frame, or another one: a copy, or one stolen."""

    least = most = 2

    def run(self, path, page):
        mapping, index = files.mapping_of(path), number(page)
        f = files.find(mapping, index)
        if f is None:
            print(f"page {index} of {path} is not in the cache")
        else:
            frames.show(f.pfn)
        for p, v, va, walk in who_maps(mapping, index):
            print(f"{tasks.called(p)} at {va:#010x}, {text(v['pager']['name'])}: "
                  + self.shown(walk, f))

    @staticmethod
    def shown(walk, f):
        if walk.physical is None:
            return "not mapped"
        here = walk.physical >> 12
        return "maps it" if f and here == f.pfn else f"has its own frame {here:#x}"


class Cache(Command):
    """Show the pages of a file as a line of characters, by state.

    cache PATH

A space is a page that is not in the cache; the other characters are explained below the line,
with how many there are of each."""

    least = most = 1

    def run(self, path):
        mapping = files.mapping_of(path)
        states = {index: f.state() for index, f in files.cached(int(mapping.address))}
        pages = -(-int(mapping["size"]) // PAGE)
        print(f"{path}: {int(mapping['size'])} bytes, {counted(pages, 'page')}, "
              f"{len(states)} in the cache")
        for first in range(0, max(pages, max(states, default=-1) + 1), 64):
            row = [states.get(k) for k in range(first, min(first + 64, pages))]
            if any(row):
                print(f"{first:7} {''.join(life.coloured([s]) if s else ' ' for s in row)}")
        life.legend(list(states.values()))


class Dirty(Command):
    """List what the disk does not have yet: dirty pages and those being written, by file.

    dirty"""

    def run(self):
        found = {}
        for f in frames.flagged("dirty", "writeback"):
            found.setdefault(f.mapping, []).append(f)
        for mapping, pages in sorted(found.items(), key=lambda item: files.mapping_name(item[0])):
            pages.sort(key=lambda f: f.index)
            writing = sum("writeback" in f.names for f in pages)
            print(f"{files.mapping_name(mapping)}: {counted(len(pages) - writing, 'page')} dirty, "
                  f"{writing} being written: {runs([f.index for f in pages])}")
        if not found:
            print("nothing is dirty")


def runs(numbers):
    """Ascending numbers as "0-7, 12"."""
    spans = []
    for n in numbers:
        if spans and spans[-1][1] == n - 1:
            spans[-1][1] = n
        else:
            spans.append([n, n])
    shown = [f"{a}-{b}" if b > a else f"{a}" for a, b in spans]
    return ", ".join(shown[:12]) + (f" and {counted(len(shown) - 12, 'more run')}"
                                    if len(shown) > 12 else "")
