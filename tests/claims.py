"""What Magpie claims: the properties of the four calls and the cases that broke earlier
attempts elsewhere.  Each has an id, and a test that carries the id in its name.

How a test carries an id, in two digits or fewer:
  user/test/t-p03-....c      the program proves P3, whatever else it does
  RUN(s01_...)               the case proves S1, in whatever program it is
  test_s05_...               so do a case of a host test and a function of pytest
Several ids follow one another: RUN(r02_r04_...).

Floor: the tests.  Read next: ledger.py
"""

import re

PROPERTIES = {
    "P1": "`readahead` allocates pages, starts the reading and does not wait; the size is a hint",
    "P2": "`mmap(MAP_UNCACHED)` sets up the area and nothing else",
    "P3": "exactly a private mapping, except that page-in steals the page from the cache",
    "P4": "nothing waits for the disk until a page is touched",
    "P5": "`fdatasync_area` makes exactly the given range durable",
    "P6": "`mwrite` takes whole pages: anything else is EINVAL, and nothing has moved",
    "P7": "an untouched page goes straight from one file's cache to the other's",
    "P8": "a touched page leaves the page table and the TLB, then becomes the file's",
    "P9": "always a move: the same frame before and after",
    "P10": "copies only on collision with a page that somebody has mapped",
    "P11": "true zero copy: no byte copied by the processor",
    "P12": "an untouched mapping costs no fault, no page table and no TLB work, however long",
    "P13": "that nothing was touched is decided in the page directory, 4 MiB at a look",
    "P14": "perfect under memory pressure: a huge copy evicts no other file's pages",
    "P15": "the stream can be modified on the way; what is not touched still moves",
    "P16": "data made in anonymous memory goes out by the same call",
    "P17": "useful without asynchronous I/O: computing overlaps reading in one thread",
    "P18": "O_DIRECT can be emulated on the four calls alone",
    "P19": "splice can be emulated, between objects of the page cache",
    "P20": "more efficient than O_DIRECT here, when its buffer counts or the source is cached",
    "P21": "a few hundred lines",
    "P22": "the cache stays the point of coherence, whatever is mixed",
}

CASES = {
    "A fault that steals": {
        "S1": "clean and unshared: moved",
        "S2": "mapped by another process: not moved, both correct",
        "S3": "dirty: the file's content survives",
        "S4": "under writeback: waits or copies, the disk is right",
        "S5": "dirtied again between check and removal",
        "S6": "locked for reading: sleeps, is woken",
        "S7": "read error: SIGBUS, no stale bytes",
        "S8": "`read` of the page at the same time",
        "S9": "truncated at the same time: no access past the end, freed once",
        "S10": "two stealers: one wins",
        "S11": "stolen, then read: from the disk again, equal",
        "S12": "stolen, then written privately: the file is unchanged",
        "S13": "read fault, then write",
        "S14": "last, partial page: its tail is zero",
        "S15": "hole: an ordinary clean page of zeros, may be stolen",
        "S16": "fork after a steal: copy on write works",
        "S17": "munmap: the frame is returned, counts at baseline",
        "S18": "out of memory in the middle: the page is still in the cache",
    },
    "mwrite": {
        "W1": "anonymous page: same frame",
        "W2": "untouched range: no faults, entries, flushes, bytes",
        "W3": "aligned to 4 MiB: no second-level reads",
        "W4": "destination page idle: replaced",
        "W5": "destination page mapped shared: copied in place, the mapping sees it",
        "W6": "destination page dirty, or under writeback",
        "W7": "shared after fork: copied, the sibling keeps its bytes (the Dirty COW shape)",
        "W8": "page of a read-only file mapped private: source intact (the Dirty Pipe shape)",
        "W9": "descriptor not writable: EBADF, nothing moved",
        "W10": "O_APPEND, unaligned position",
        "W11": "disk full before anything moved; the source still readable",
        "W12": "end of the source inside the range: its tail is zero",
        "W13": "same file, overlapping",
        "W14": "bad address, unaligned, length 0, wrap at 4 GiB, kernel range",
        "W15": "source mapped shared: copied, never taken from a third party",
        "W16": "another thread or processor using the range meanwhile",
        "W17": "a later touch, as decided",
        "W18": "power cut between move and flush: old or new data, never garbage",
        "W19": "a frame is never in two caches",
        "W20": "frame freed while a driver still transfers into it",
        "W21": "the flags of a frame used again are reset, bit by bit",
        "W22": "stopped after k pages returns k pages",
        "W23": "a running program as destination",
    },
    "fdatasync_area": {
        "F1": "only the range is written",
        "F2": "size and indirect blocks are durable",
        "F3": "a write error is reported once, the page's state is defined",
        "F4": "the device's write cache is flushed",
        "F5": "a concurrent writer in the range cannot keep it from ending",
        "F6": "two callers both learn of an error",
    },
    "readahead": {
        "R1": "asynchronous",
        "R2": "beyond the end",
        "R3": "bad descriptor, write-only, directory, pipe",
        "R4": "position unchanged",
        "R5": "memory nearly full: gives up silently",
        "R6": "file closed, unlinked, truncated with I/O in flight",
        "R7": "the same range twice is one read",
        "R8": "needing an indirect block does not block the caller for the data",
    },
    "Memory": {
        "M1": "a copy of 8 times the memory leaves another file's cached pages resident",
        "M2": "extra pages bounded, whatever the size",
        "M3": "10,000 copies leak no frame, inode or block",
    },
}

ALL = [*PROPERTIES, *(claim for group in CASES.values() for claim in group)]


def claims_of(name):
    """The ids at the beginning of a test's name, in order."""
    found = []
    rest = re.sub(r"^(t-|test_)", "", name)
    while match := re.match(r"([pswfrm])0?(\d{1,2})[-_]", rest):
        claim = f"{match[1].upper()}{match[2]}"
        if claim in ALL:
            found.append(claim)
        rest = rest[match.end():]
    return found


def padded(claim):
    """S1 as it is in names: s01."""
    return f"{claim[0].lower()}{int(claim[1:]):02}"
