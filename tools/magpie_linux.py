"""The Linux that Magpie is measured against: Debian's kernel for 32-bit machines, and an
initramfs with the same /bin/bench that Magpie runs, unchanged.

The package comes through apt-get, into build/linux; nothing is installed on this machine.
"""

import gzip
import re
import shlex
import struct
import subprocess
import sys
from pathlib import Path

from magpie_image import BLOCK, Failure, call, tool

TOP = Path(__file__).resolve().parent.parent
META = "linux-image-686"                # Debian's name for its newest one
RAM = 512                               # MiB, the RAM disk's pages among them

# The leanest configuration that needs no other kernel.
WORDS = ("console=ttyS0 quiet mitigations=off init_on_alloc=0 init_on_free=0 "
         "page_alloc.shuffle=0 slab_nomerge=0 random.trust_cpu=off panic=-1 rdinit=/init")

COMMON = ["crypto/crc32c_generic.ko", "lib/crc16.ko", "fs/mbcache.ko", "fs/jbd2/jbd2.ko",
          "fs/ext4/ext4.ko"]
BRD = ["drivers/block/brd.ko"]
VIRTIO = ["drivers/virtio/virtio.ko", "drivers/virtio/virtio_ring.ko",
          "drivers/virtio/virtio_pci_modern_dev.ko", "drivers/virtio/virtio_pci_legacy_dev.ko",
          "drivers/virtio/virtio_pci.ko", "drivers/block/virtio_blk.ko"]


class Kernel:
    """Debian's kernel package, unpacked in a folder of ours."""

    def __init__(self, folder):
        self.folder = folder
        if not self.boot():
            self.fetch()
        self.image = self.boot()
        if not self.image:
            raise Failure(f"{META}: there is no kernel in it")
        self.version = self.image.name.removeprefix("vmlinuz-")
        self.modules = folder / "root/lib/modules" / self.version / "kernel"
        self.package = (folder / "package").read_text().strip()

    def boot(self):
        return next(iter(self.folder.glob("root/boot/vmlinuz-*")), None)

    def apt(self, *words):
        """apt-get and its relatives on package lists of our own, of the other architecture."""
        options = ["APT::Architecture=i386", "APT::Architectures=i386",
                   f"Dir::State={self.folder}/state", f"Dir::Cache={self.folder}/cache",
                   "Dir::State::status=/dev/null", "APT::Sandbox::User="]
        done = call([words[0], *(w for o in options for w in ("-o", o)), *words[1:]],
                    cwd=self.folder)
        if done.returncode:
            raise Failure(f"{' '.join(words)}:\n{done.stderr.strip()}")
        return done.stdout

    def fetch(self):
        print(f"Fetching Debian's {META} into {self.folder} ...", file=sys.stderr)
        for part in ("state/lists/partial", "cache/archives/partial"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        try:
            self.apt("apt-get", "update")
        except Failure as error:        # a mirror in the midst of an update: most lists are there
            print(f"{error}\nGoing on with what there is.", file=sys.stderr)
        name = re.search(r"Depends: (linux-image-\S+)", self.apt("apt-cache", "depends", META))
        if not name:
            raise Failure(f"{META}: apt-cache does not know on what it depends")
        self.apt("apt-get", "download", name[1])
        package = next(self.folder.glob("linux-image-*.deb"))
        (self.folder / "package").write_text(package.name + "\n")
        done = call(["dpkg-deb", "-x", package.name, "root"], cwd=self.folder)
        package.unlink()
        if done.returncode:
            raise Failure(f"dpkg-deb: {done.stderr.strip()}")


# ---- the initramfs ---------------------------------------------------------------------

def entry(name, mode, data=b""):
    """One file of a cpio archive in the "new" format [cpio(5), newc]."""
    name = name.encode() + b"\0"
    fields = [0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0]
    head = b"070701" + b"".join(b"%08x" % f for f in fields) + name
    return padded(head) + padded(data)


def padded(data):
    return data + bytes(-len(data) % 4)


def blocks_of(image):
    """The blocks of a file that are not zero, each after its number."""
    found = []
    with open(image, "rb") as f:
        for number in range(image.stat().st_size // BLOCK):
            data = f.read(BLOCK)
            if data.count(0) != BLOCK:
                found.append(struct.pack("<I", number) + data)
    return b"".join(found)


def make_disk(path, size):
    """An empty ext2 of @size MiB, made as Magpie's is."""
    path.unlink(missing_ok=True)
    done = call([tool("mke2fs"), "-q", "-t", "ext2", "-b", str(BLOCK), "-I", "128", "-m", "0",
                 "-O", "none,filetype,sparse_super", str(path), f"{size}M"])
    if done.returncode:
        raise Failure(f"mke2fs: {done.stderr.strip()}")


def initramfs(path, kernel, init, bench, words, disk, virtio):
    """The RAM disk's content travels in it; /dev/console is in the kernel's own."""
    modules = COMMON + (VIRTIO if virtio else BRD)
    size = disk.stat().st_size // 1024
    options = {"drivers/block/brd.ko": f" rd_nr=1 rd_size={size}"}
    lines = [f"/lib/{Path(m).name}{options.get(m, '')}\n" for m in modules]
    parts = [entry(folder, 0o040755) for folder in ("dev", "proc", "mnt", "bin", "lib")]
    parts += [entry("init", 0o100755, init.read_bytes()),
              entry("bin/bench", 0o100755, bench.read_bytes()),
              entry("bin/true", 0o100755, (bench.parent / "true").read_bytes()),
              entry("modules", 0o100644, "".join(lines).encode()),
              entry("bench.args", 0o100644, b"".join(w.encode() + b"\0" for w in words))]
    parts += [entry("lib/" + Path(m).name, 0o100644, (kernel.modules / m).read_bytes())
              for m in modules]
    if not virtio:
        parts.append(entry("image", 0o100644, blocks_of(disk)))
    parts.append(entry("TRAILER!!!", 0))
    path.write_bytes(gzip.compress(b"".join(parts), 1))


# ---- a run -----------------------------------------------------------------------------

def run(build, words, size, virtio=False, plugin=None, timeout=1800):
    """Run /bin/bench with @words on Linux, on a disk of @size MiB; what it printed."""
    folder = build / "linux"
    folder.mkdir(parents=True, exist_ok=True)
    kernel = Kernel(folder)
    init = built_init(build)
    disk = folder / "disk.img"
    make_disk(disk, size)
    initramfs(folder / "initramfs.gz", kernel, init, build / "root/bin/bench",
              ["/bin/bench", "-C", "/mnt", *words], disk, virtio)
    command = [
        "qemu-system-i386", "-accel", "tcg", "-cpu", "qemu32", "-machine", "pc",
        "-m", str(RAM), "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
        "-serial", "stdio",
        "-kernel", str(kernel.image), "-initrd", str(folder / "initramfs.gz"),
        "-append", WORDS]
    if not virtio:
        command += ["-icount", "shift=0,sleep=off",
                    "-rtc", "base=2026-01-01T00:00:00,clock=vm"]
    else:
        command += ["-drive", f"file={disk},format=raw,if=none,id=vda",
                    "-device", "virtio-blk-pci,drive=vda"]
    if plugin:
        command += ["-plugin", plugin]
    try:
        done = call(command, timeout=timeout, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired as late:
        tail = (late.stdout or b"").decode(errors="replace").splitlines()[-10:]
        raise Failure("Linux did not come to its end; its last words:\n"
                      + "\n".join(tail)) from late
    if "status\t0" not in done.stdout:
        raise Failure("Linux: " + "\n".join(done.stdout.splitlines()[-20:]) + done.stderr)
    return done.stdout, kernel, shlex.join(command)


def built_init(build):
    """tools/bench/linux-init.c, compiled like the programs of Magpie."""
    source, out = TOP / "tools/bench/linux-init.c", build / "linux/init"
    if not out.exists() or out.stat().st_mtime < source.stat().st_mtime:
        done = call([build / "musl/bin/magpie-gcc", "-Os", "-s", "-Wall", source, "-o", out])
        if done.returncode:
            raise Failure(done.stderr)
    return out
