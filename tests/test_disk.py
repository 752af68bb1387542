"""--disk: a root file system on a virtio disk, what was written there stays, and what goes
wrong on it is told to whoever asked."""

import fcntl
import os
import re
import shutil
import subprocess
import sys

import pytest

from magpie import BUILD, SBIN, TOOL, e2fsck, figures, ok, read_file, run, same, told

guest = pytest.mark.guest

ZERO = ("bytes_copied", "page_faults", "page_tables", "tlb_invalidations", "fallbacks")
BLOCK = 4096
DEVICE = "virtio-blk-pci,drive=vda"


@pytest.fixture
def disk(tmp_path):
    """A disk of one's own."""
    path = tmp_path / "my,disk.img"
    subprocess.run(["cp", "--sparse=always", BUILD / "root.img", path], check=True)
    return path


@pytest.fixture
def qemu(tmp_path, monkeypatch):
    """qemu(old, new, *more): from now on QEMU gets @new where tools/magpie says @old, and
    @more besides."""
    def change(old, new, *more):
        folder = tmp_path / "bin"
        folder.mkdir()
        script = folder / "qemu-system-i386"
        script.write_text(
            f"#!{sys.executable}\nimport os, sys\n"
            f"words = [w.replace({old!r}, {new!r}) for w in sys.argv[1:]] + {[*more]!r}\n"
            f"assert words != sys.argv[1:]\n"
            f"os.execv({shutil.which('qemu-system-i386')!r}, ['qemu', *words])\n")
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return change


def sound(disk):
    clean, words = e2fsck(disk)
    assert clean, words


# ---- what stays ----------------------------------------------------------------------

@guest
def test_disk_keeps_what_was_written(disk, tmp_path):
    """Two boots; and what the tool leaves for init on the way does not stay."""
    ok("--disk", disk, "--", "/bin/sh", "-c", "mcp /data/big /tmp/big; cp /bin/ls /tmp/ls")
    sound(disk)
    names = ok("--disk", disk, "--get", f"/tmp/big:{tmp_path}/big", "--get", "/tmp/ls",
               "--fsck", "--", "/bin/sh", "-c", "cmp /data/big /tmp/big; ls /etc /dev",
               cwd=tmp_path)
    sound(disk)
    assert "vda" in names.split() and "ram0" not in names.split()
    assert same((tmp_path / "big").read_bytes(), read_file(disk, "/data/big", tmp_path / "a"))
    assert same((tmp_path / "ls").read_bytes(), (BUILD / "root/bin/ls").read_bytes())
    left = subprocess.run(["debugfs", "-R", "ls -p /etc", disk], env=SBIN, text=True,
                          capture_output=True, check=True).stdout
    assert "passwd" in left and "init." not in left


@guest
def test_disk_with_a_shell(disk, tmp_path):
    """poweroff in the shell: the way most people's files get there."""
    done = subprocess.run([TOOL, "run", "--timeout", "60", "--disk", disk], timeout=100,
                          input=b"cp /etc/passwd /tmp/new; poweroff\n", capture_output=True,
                          check=False)
    assert done.returncode == 0, told(done)
    assert b"stays on the disk" in done.stdout and b"forgets" not in done.stdout
    sound(disk)
    assert read_file(disk, "/tmp/new", tmp_path / "new").startswith(b"root:")


@guest
def test_disk_poweroff_ends_everybody(disk):
    """Programs still run, and hold files that have no name any more: they are ended first,
    so the disk is in order, and says so itself."""
    ok("--disk", disk, "--", "/bin/sh", "-c",
       "cp /bin/ls /tmp/a; sleep 1000 < /tmp/a & cat /dev/zero | cat > /dev/null & "
       "yes >> /tmp/b & sleep 1; rm /tmp/a; poweroff; echo not reached")
    sound(disk)
    words = subprocess.run(["dumpe2fs", "-h", disk], env=SBIN, text=True, capture_output=True,
                           check=True).stdout
    assert re.search(r"(?m)^Filesystem state: +clean$", words)
    assert "orphan" not in words


@guest
def test_disk_add(disk, tmp_path):
    (tmp_path / "new").write_text("new\n")
    assert ok("--disk", disk, "--add", f"{tmp_path}/new:/a/b", "--", "/bin/cat", "/a/b") \
        == "new\n"
    sound(disk)
    assert ok("--disk", disk, "--", "/bin/cat", "/a/b") == "new\n"


def put(disk, host, path):
    subprocess.run(["debugfs", "-w", "-R", f"write {host} {path}", disk], env=SBIN,
                   capture_output=True, check=True)


@guest
def test_disk_next_to_a_root_image(disk, qemu, tmp_path):
    """With both, root= says which."""
    qemu("", "", "-device", DEVICE,
         "-drive", f"file={str(disk).replace(',', ',,')},format=raw,if=none,id=vda")
    (tmp_path / "where").write_text("on the disk\n")
    (tmp_path / "command").write_bytes(b"/bin/cat\0/where\0")
    put(disk, tmp_path / "where", "/where")
    put(disk, tmp_path / "command", "/etc/init.args")
    done = run("--", "/bin/cat", "/where")
    assert done.returncode == 1 and b" vda: " in done.stderr, told(done)
    assert ok("--append", "root=vda", "--", "/bin/false") == "on the disk\n"
    done = run("--append", "root=sda", "--", "/bin/true")
    assert done.returncode == 125 and b"root=sda: no such disk" in done.stderr, told(done)


# ---- what it costs -------------------------------------------------------------------

def counters(*words):
    """mcp -v, then every counter of the machine: (of mcp, of the machine)."""
    text = ok(*words, "--", "/bin/sh", "-c",
              "mcp -v /data/big /tmp/big; echo ---; cat /proc/magpie/counters")
    return [figures(part) for part in text.split("---")]


@guest
def test_disk_mcp_costs_nothing(disk, tmp_path):
    """The same zeros as on the ramdisk; and here nobody plays the disk either."""
    mcp, machine = counters("--disk", disk)
    source = read_file(disk, "/data/big", tmp_path / "source")
    size = len(source)
    assert {name: mcp[name] for name in ZERO} == dict.fromkeys(ZERO, 0)
    assert mcp["bytes"] == size
    assert mcp["pages_moved"] == -(-size // BLOCK)
    assert machine["ramdisk_words"] == 0
    assert machine["blk_sectors"] >= 2 * size // 512
    assert machine["blk_flushes"] > 0
    sound(disk)
    assert same(read_file(disk, "/tmp/big", tmp_path / "copy"), source)


@guest
def test_ramdisk_words_can_be_counted():
    """The instrument of the test above does move."""
    machine = counters()[1]
    assert machine["ramdisk_words"] == machine["blk_sectors"] * 512 // 4 > 0


# ---- devices ------------------------------------------------------------------------

@guest
@pytest.mark.parametrize("options, says", [
    ("disable-legacy=on", "indirect, flush"),
    ("disable-modern=off,disable-legacy=off", "indirect, flush"),
    ("indirect_desc=off,queue-size=8,seg-max-adjust=on", "queue of 8, 6 segments a request, flush"),
    ("indirect_desc=off,queue-size=256", "queue of 256, 128 segments a request, flush"),
    ("queue-size=1024", "queue of 256, 128 segments a request, indirect, flush"),
    ("config-wce=off,write-cache=off", "indirect\n"),
    ("disable-modern=on", "queue of 256, 128 segments a request, legacy, indirect, flush"),
    ("disable-modern=on,indirect_desc=off,queue-size=16,seg-max-adjust=on",
     "queue of 16, 14 segments a request, legacy, flush"),
], ids=["modern", "transitional", "small", "direct", "large", "no-cache", "legacy", "legacy-small"])
def test_disk_device(disk, qemu, options, says):
    qemu(DEVICE, f"{DEVICE},{options}")
    done = run("--disk", disk, "--fsck", "--", "/bin/sh", "-c",
               "mcp /data/big /tmp/big; cmp /data/big /tmp/big")
    assert done.returncode == 0, told(done)
    assert says in done.stderr.decode()


@guest
def test_disk_that_cannot_be_driven(disk, qemu):
    """An old device alone decides how long its queue is, and that is too long for us."""
    qemu(DEVICE, f"{DEVICE},disable-modern=on,queue-size=1024")
    done = run("--disk", disk, "--", "/bin/true")
    assert done.returncode == 125, told(done)
    assert b"cannot be driven" in done.stderr


@guest
def test_disk_read_only(disk, qemu):
    """Reading works, writing is refused, and nothing on it changes."""
    qemu("werror=report", "werror=report,readonly=on")
    done = run("--disk", disk, "--fsck", "--", "/bin/sh", "-c",
               "cmp /bin/ls /bin/ls; cp /bin/ls /tmp/ls")
    assert done.returncode not in (0, 124, 125, 126), told(done)
    assert b"read-only" in done.stderr
    assert b"ead-only file system" in done.stdout + done.stderr


# ---- errors -------------------------------------------------------------------------

def blocks(disk, path):
    return [int(b) for b in subprocess.run(
        ["debugfs", "-R", f"blocks {path}", disk], env=SBIN, capture_output=True, text=True,
        check=True).stdout.split()]


def inject(qemu, **rule):
    """From now on QEMU's disk fails as @rule says."""
    rules = ",".join(f"inject-error.0.{name}={value}" for name, value in
                     {"errno": 5, "once": "off", **rule}.items())
    qemu("file=disk.img,format=raw", "driver=blkdebug,image.driver=raw,image.file.driver=file,"
         f"image.file.filename=disk.img,{rules}")


@guest
def test_disk_error_on_read(disk, qemu):
    """One bad sector in the middle of a file: EIO for who wants it, and only for him."""
    # The file's blocks stand in order; the first twelve need no map.
    bad = blocks(disk, "/data/big")[8]
    inject(qemu, event="none", iotype="read", sector=bad * BLOCK // 512)
    done = run("--disk", disk, "--fsck", "--", "/bin/sh", "-c",
               "mcp /bin/ls /tmp/ls; cmp /bin/ls /tmp/ls; cat /data/big")
    assert done.returncode not in (0, 124, 125, 126), told(done)
    assert b"/data/big: I/O error" in done.stderr + done.stdout
    assert b"differ" not in done.stdout


@guest
@pytest.mark.parametrize("program", ["cp", "mcp"])
@pytest.mark.parametrize("rule", [
    {"event": "none", "iotype": "flush"},
    {"event": "none", "iotype": "write", "errno": 5},
    {"event": "none", "iotype": "write", "errno": 28},
], ids=["flush", "write", "full"])
def test_disk_error_on_write(disk, qemu, program, rule):
    """Nothing can be written, or nothing made durable: who asks for it is told so, and the
    machine ends in order."""
    inject(qemu, **rule)
    done = run("--disk", disk, "--", f"/bin/{program}", "/bin/ls", "/tmp/ls")
    text = told(done)
    if program == "mcp":                # cp does not ask
        assert done.returncode not in (0, 124, 125, 126), text
        assert "I/O error" in text
    assert done.returncode not in (124, 125), text
    assert done.stderr.decode().splitlines()[-1].startswith("exit "), text


# ---- the tool -----------------------------------------------------------------------

@pytest.mark.parametrize("words, message", [
    (["--disk", "/nonexistent"], "No such file"),
    (["--disk", "/etc/passwd"], "no ext2 file system"),
    (["--disk", "DISK", "--image", "none"], "--disk and --image"),
    (["--disk", "DISK", "--keep-image", "x"], "a --disk is kept anyway"),
    (["--get", "/etc/passwd"], "it needs --disk FILE"),
    (["--disk", "DISK", "--get", "etc/passwd"], "starts with /"),
    (["--disk", "DISK", "--get", "/etc/passwd:/nonexistent/x"], "not a folder"),
], ids=["missing", "no-fs", "image", "keep", "get-alone", "get-relative", "get-folder"])
def test_disk_bad_words(disk, words, message):
    before = disk.stat().st_mtime_ns
    done = run(*(disk if word == "DISK" else word for word in words), "--", "/bin/true")
    assert done.returncode == 125, told(done)
    assert message in done.stderr.decode(), told(done)
    assert disk.stat().st_mtime_ns == before


def test_disk_is_for_one_run_at_a_time(disk):
    with open(disk, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = run("--disk", disk, "--", "/bin/true")
    assert done.returncode == 125, told(done)
    assert b"another run is using it" in done.stderr


@guest
def test_disk_get_what_is_not_there(disk, tmp_path):
    done = run("--disk", disk, "--get", "/tmp/none", "--get", "/etc", "--get", "/etc/passwd",
               "--", "/bin/true", cwd=tmp_path)
    assert done.returncode == 125, told(done)
    assert b"--get /tmp/none: there is no such file" in done.stderr
    assert b"--get /etc: not a regular file but a directory" in done.stderr
    assert (tmp_path / "passwd").read_text().startswith("root:")
    assert sorted(p.name for p in tmp_path.iterdir()) == [disk.name, "passwd"]


@guest
def test_disk_verbose(disk):
    done = run("--verbose", "--disk", disk, "--", "/bin/true")
    assert done.returncode == 0, told(done)
    line = next(w for w in done.stderr.decode().splitlines() if "qemu-system-i386" in w)
    assert "-device virtio-blk-pci" in line and "-kernel kernel.elf" in line
