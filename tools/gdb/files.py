"""Files as the kernel knows them in memory: paths to inodes, mappings to names, cached pages.

Directories are read where the kernel has them, in the page cache.  What is not there, the
kernel does not know either: then these commands say so.

Read next: cached.py
"""

import struct

import frames
from machine import (PAGE, Complaint, around, at, entries, offset_of, per_stop, physical,
                     symbol, virtual)

ROOT_INODE = 2                          # [ext2 §3.3]
DIRECTORY = 0o040000                    # S_IFDIR
RADIX_BITS = 6


# ---- inodes and their names -----------------------------------------------------------


@per_stop
def inodes():
    """{number: address} of the root file system's inodes in memory."""
    root = int(symbol("root_fs"))
    table = symbol("itable")["bucket"]
    found = {}
    for k in range(table.type.range()[1] + 1):
        for i in entries(table[k], "inode", "hash"):
            if int(i["fs"]) == root:
                found[int(i["ino"])] = int(i.address)
    return found


def directory(ino):
    """[(name, inode number)] of directory @ino as far as its pages are in the cache; None: not a
    directory in memory."""
    if ino not in inodes():
        return None
    inode = at(inodes()[ino], "inode")
    if int(inode["mode"]) & 0o170000 != DIRECTORY:
        return None
    found = []
    for _, f in cached(int(inode["mapping"].address)):
        if "uptodate" in f.names:
            found += directory_block(physical(f.pfn * PAGE, PAGE))
    return found


def directory_block(block):
    """(name, inode number) of the entries of one block [ext2 §4.1]."""
    here = 0
    while here <= PAGE - 8:
        ino, record, length = struct.unpack_from("<IHB", block, here)
        if record < 8:
            return
        name = block[here + 8:here + 8 + length].decode(errors="replace")
        if ino and name not in (".", ".."):
            yield name, ino
        here += record


@per_stop
def paths():
    """{inode number: path} of every file that a directory in memory names."""
    known, new = {ROOT_INODE: "/"}, [ROOT_INODE]
    while new:
        parent = new.pop(0)
        for name, ino in directory(parent) or []:
            if ino not in known:
                known[ino] = known[parent].rstrip("/") + "/" + name
                new.append(ino)
    return known


@per_stop
def mapping_name(address):
    """Whose mapping is it?  A file's lies inside its inode, the disk's in its device."""
    ops = int(at(address, "mapping")["ops"])
    if ops == int(symbol("bdev_mapping_ops").address):
        return "the disk's metadata"
    if ops == int(symbol("memory_ops", "mm/space/memory.c").address):
        return f"shared memory {address:#010x}"
    inode = around(address, "inode", "mapping")
    ino = int(inode["ino"])
    path = paths().get(ino) if int(inode["fs"]) == int(symbol("root_fs")) else None
    return path or f"inode {ino}"


def mapping_of(path):
    """The struct mapping of the file called @path."""
    ino = ROOT_INODE
    for name in path.split("/"):
        if name:
            listed = directory(ino)
            if listed is None:
                raise Complaint(f"{path}: no directory in memory before \"{name}\"")
            if name not in dict(listed):
                raise Complaint(f"{path}: no \"{name}\" there, or nobody has read that far")
            ino = dict(listed)[name]
    if ino not in inodes():
        raise Complaint(f"{path} is inode {ino}, which is not in memory: nobody has opened it")
    return at(inodes()[ino], "inode")["mapping"]


# ---- cached pages (kernel/lib/radix.h) ------------------------------------------------


def slot(node, k):
    return struct.unpack("<I", virtual(node + offset_of("radix_node", "slot") + 4 * k, 4))[0]


def find(mapping, index):
    """The frame (a View) of page @index of the struct @mapping, or None."""
    node = int(mapping["frames"]["root"])
    if not node:
        return None
    level = int(at(node, "radix_node")["level"])
    if index >> RADIX_BITS * (level + 1):
        return None
    while node and level >= 0:
        node = slot(node, index >> RADIX_BITS * level & 63)
        level -= 1
    return frames.view(frames.pfn_of(node)) if node else None


def cached(mapping):
    """[(index, frame)] of all cached pages of the mapping at @mapping, in order."""
    def below(node, level, first):
        slots = struct.unpack("<64I", virtual(node + offset_of("radix_node", "slot"), 256))
        for k, child in enumerate(slots):
            index = first << RADIX_BITS | k
            if child and level:
                yield from below(child, level - 1, index)
            elif child:
                yield index, frames.view(frames.pfn_of(child))
    root = int(at(mapping, "mapping")["frames"]["root"])
    return list(below(root, int(at(root, "radix_node")["level"]), 0)) if root else []
