"""The root image: ext2 in a file, made and changed with e2fsprogs, no mount, no root.

The same input gives the same bytes, whoever makes it and when: mke2fs is told the
time and the identifiers, files enter in sorted order, and at the end stamp()
overwrites what debugfs takes from the clock.
"""

import os
import re
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

MIB = 1 << 20
BLOCK = 4096
EPOCH = 1767225600                      # 2026-01-01T00:00:00Z, as in the machine
UUID = "6d616770-6965-4000-8000-000000000001"
HASH_SEED = "6d616770-6965-4000-8000-000000000002"

FOLDERS = ["/bin", "/data", "/dev", "/etc", "/proc", "/test", "/tmp"]
TEXTS = {"/etc/passwd": b"root:x:0:0:root:/:/bin/sh\n"}


class Failure(Exception):
    """What went wrong, for people."""


def tool(name):
    """Debian keeps these in /sbin, which is not in everybody's PATH."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") or name


def call(command, **more):
    try:
        return subprocess.run(command, capture_output=True, text=True, **more)
    except FileNotFoundError as error:
        raise Failure(f"{error.filename} is missing: run tools/setup") from error


def create(image, root, big=None, size=None):
    """Make @image from the files below @root, with @big as /data/big, of @size MiB."""
    big = big or Path(call(["i686-linux-gnu-gcc", "-print-prog-name=cc1"]).stdout.strip())
    files = {"/data/big": big}
    for path in sorted(root.rglob("*")):
        if path.is_file():
            files["/" + path.relative_to(root).as_posix()] = path
    used = sum(p.stat().st_size for p in files.values())
    size = size or -(-(used + 2 * big.stat().st_size) // MIB) + 12

    image.parent.mkdir(parents=True, exist_ok=True)
    fresh = image.with_name(image.name + ".new")
    fresh.unlink(missing_ok=True)
    done = call(
        [tool("mke2fs"), "-q", "-t", "ext2", "-b", str(BLOCK), "-I", "128", "-i", "16384",
         "-m", "0", "-O", "none,filetype,sparse_super", "-U", UUID,
         "-E", f"root_owner=0:0,hash_seed={HASH_SEED}", str(fresh), f"{size}M"],
        env=os.environ | {"E2FSPROGS_FAKE_TIME": str(EPOCH), "MKE2FS_SYNC": "0"})
    if done.returncode:
        raise Failure(f"mke2fs: {done.stderr.strip()}")
    add(fresh, files, TEXTS, FOLDERS)
    fresh.replace(image)


def add(image, files, texts=(), folders=()):
    """Put files into @image, as write() does, and make it the same bytes every time."""
    write(image, files, texts, folders)
    stamp(image)


def write(image, files, texts=(), folders=(), gone=()):
    """Put into @image the host files @files {guest path: host path} and the files
    @texts {guest path: bytes}, all of them root's; what was at a path is replaced, and
    what was at the paths @gone is gone."""
    texts = dict(texts)
    parents = {str(p) for path in [*files, *texts] for p in Path(path).parents}
    parents = (parents | set(folders)) - {"/"}
    script = [f"rm {quoted(path)}" for path in gone]
    script += [f"mkdir {quoted(folder)}" for folder in sorted(parents)]
    with tempfile.TemporaryDirectory(prefix="magpie-") as scratch:
        for number, (guest, data) in enumerate(sorted(texts.items())):
            files = files | {guest: Path(scratch, str(number))}
            files[guest].write_bytes(data)
            files[guest].chmod(0o644)
        for guest, host in sorted(files.items()):
            script += [f"rm {quoted(guest)}", f"write {quoted(host)} {quoted(guest)}",
                       f"sif {quoted(guest)} uid 0", f"sif {quoted(guest)} gid 0"]
        if "/tmp" in folders:
            script.append("sif /tmp mode 041777")
        debugfs(image, script)


def quoted(path):
    if re.search(r'["\n]', str(path)):
        raise Failure(f"{path}: no quotation marks and line breaks in names, please")
    return f'"{path}"'


def debugfs(image, script):
    """Run commands on @image.  debugfs reports errors only in words; two of them are
    expected: a folder that is there already, and removing what was not there."""
    done = call([tool("debugfs"), "-w", "-f", "/dev/stdin", str(image)],
                input="\n".join(script) + "\n")
    expected = re.compile(r"debugfs \d|(ext2fs_)?mkdir: Ext2 directory already exists"
                          r"|rm: File not found|$")
    wrong = [line for line in done.stderr.splitlines() if not expected.match(line)]
    if wrong or done.returncode:
        raise Failure(f"{image}: " + "\n".join(wrong or ["debugfs failed"]))


def look(image, command):
    """What debugfs answers to one command that changes nothing."""
    return call([tool("debugfs"), "-R", command, str(image)]).stdout


def stamp(image):
    """Give every inode to root and set every time to EPOCH [ext2 §3.1, §3.3]."""
    with open(image, "r+b") as f:
        f.seek(1024)
        sb = bytearray(f.read(1024))
        blocks, first, log_size = struct.unpack_from("<4xI12xII", sb, 0)
        block_group, inode_group = struct.unpack_from("<I4xI", sb, 32)
        inode_size, = struct.unpack_from("<H", sb, 88)
        block = 1024 << log_size
        for at in (44, 48, 64):                     # mounted, written, checked
            struct.pack_into("<I", sb, at, EPOCH)
        struct.pack_into("<Q", sb, 376, 0)          # KiB ever written
        f.seek(1024)
        f.write(sb)
        f.seek((first + 1) * block)                 # group descriptors
        tables = [struct.unpack_from("<8xI", f.read(32))[0]
                  for _ in range(-(-blocks // block_group))]
        for table in tables:
            f.seek(table * block)
            inode_table = bytearray(f.read(inode_group * inode_size))
            for at in range(0, len(inode_table), inode_size):
                if struct.unpack_from("<H", inode_table, at)[0]:        # has a mode
                    struct.pack_into("<H", inode_table, at + 2, 0)      # uid
                    struct.pack_into("<III", inode_table, at + 8, EPOCH, EPOCH, EPOCH)
                    struct.pack_into("<H", inode_table, at + 24, 0)     # gid
            f.seek(table * block)
            f.write(inode_table)


def check(image):
    """e2fsck's complaints about @image; None if it has none."""
    done = call([tool("e2fsck"), "-fn", str(image)])
    return None if done.returncode == 0 else done.stdout + done.stderr
