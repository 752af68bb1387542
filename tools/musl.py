#!/usr/bin/env python3
"""Build the C library of the user programs: musl, from Debian's source package.

    tools/musl.py FOLDER [CROSS-PREFIX]

Leaves in FOLDER: include/, lib/ and bin/magpie-gcc, a compiler command for
static i386 programs that also finds <magpie.h> and its library.

The source comes through apt, so its signature is checked with the machine's own
keys.  Nothing of the machine is changed: apt works on a root of its own in
FOLDER/apt, whose deb-src entries are made from the machine's entries.

Why not the packaged musl for i386: it would need a foreign architecture, and it
is compiled position-independent.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

CFLAGS = "-Os -march=i686 -fno-pie -fno-pic -fno-stack-protector"

# Hooks of the machine (clearing caches, telling desktop tools) are not for us.
APT_CONF = """\
Dir::State "{root}/state";
Dir::Cache "{root}/cache";
Dir::Etc::SourceList "{root}/sources.list";
Dir::Etc::SourceParts "{root}/sources.list.d";
APT::Sandbox::User "root";
Acquire::Languages "none";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"""

# "%:getenv" makes the specs independent of where the tree lies: the wrapper
# exports MAGPIE_LIBC.  "name%s" is gcc's search for its own files.
SPECS = """\
%rename cpp_options old_cpp_options
*cpp_options:
-nostdinc -isystem %:getenv(MAGPIE_LIBC /include) -isystem include%s {linux} %(old_cpp_options)

*cc1:
%(cc1_cpu) -nostdinc -isystem %:getenv(MAGPIE_LIBC /include) -isystem include%s {linux}

*startfile:
%:getenv(MAGPIE_LIBC /lib/crt1.o) %:getenv(MAGPIE_LIBC /lib/crti.o) {begin}%s

*endfile:
crtend.o%s %:getenv(MAGPIE_LIBC /lib/crtn.o)

*link_libgcc:
-L %:getenv(MAGPIE_LIBC /lib) -L .%s

*libgcc:
-lgcc

*lib:
-lmagpie -lc

*link:
-m elf_i386 -static -z noexecstack --build-id=none
"""

WRAPPER = """\
#!/bin/sh
# A compiler for Magpie's programs: static, i386, musl, <magpie.h> included.
MAGPIE_LIBC=$(cd "$(dirname "$0")/.." && pwd) || exit 1
export MAGPIE_LIBC
exec {cross}gcc -specs="$MAGPIE_LIBC/lib/magpie-gcc.specs" \\
	-static -fno-pie -no-pie -march=i686 "$@"
"""


def fail(message):
    sys.exit(f"tools/musl.py: {message}")


def one_line_entries(text):
    """The deb-src twin of every "deb" line of a sources.list file."""
    for line in text.splitlines():
        match = re.match(r"\s*deb(?:-src)?\s+((?:\[[^]]*\]\s+)?)(.*\bmain\b.*)", line)
        if match:
            options = re.sub(r"\barch\S*\s*", "", match[1])
            yield f"deb-src {options}{match[2]}"


def deb822_entries(text):
    """The deb-src twin of every enabled stanza of a *.sources file."""
    text = re.sub(r"(?m)^#.*\n?", "", text)
    for stanza in re.split(r"\n[ \t]*\n", text):
        if not re.search(r"(?mi)^Components:.*\bmain\b", stanza):
            continue
        if re.search(r"(?mi)^Enabled:\s*(no|false|0)\s*$", stanza):
            continue
        stanza = re.sub(r"(?mi)^(Types|Architectures):.*\n?", "", stanza)
        yield "Types: deb-src\n" + stanza.strip() + "\n"


def private_apt(root):
    """An apt root in @root that knows the machine's sources as deb-src only.
    Returns the start of every apt-get command that uses it."""
    for name in ("state/lists/partial", "cache/archives/partial", "sources.list.d"):
        (root / name).mkdir(parents=True, exist_ok=True)
    etc = Path("/etc/apt")
    lists = [etc / "sources.list", *sorted(etc.glob("sources.list.d/*.list"))]
    lines = [e for f in lists if f.exists() for e in one_line_entries(f.read_text())]
    stanzas = [e for f in sorted(etc.glob("sources.list.d/*.sources"))
               for e in deb822_entries(f.read_text())]
    if not lines and not stanzas:
        fail("this machine has no apt sources with the component main")
    (root / "sources.list").write_text("".join(line + "\n" for line in lines))
    (root / "sources.list.d/machine.sources").write_text("\n".join(stanzas))
    (root / "apt.conf").write_text(APT_CONF.format(root=root))
    return ["apt-get", "-q", "-c", str(root / "apt.conf")]


def fetch(folder):
    """Download the source package, unless it is there; returns the tarball."""
    found = list(folder.glob("musl_*.orig.tar.?z"))
    if found:
        return found[0]
    root = folder.resolve() / "apt"
    apt = private_apt(root)
    log = folder / "apt.log"
    with log.open("w") as out:
        # Another vendor's source without a source index makes update fail; what
        # counts is whether the package is found afterwards.
        subprocess.run([*apt, "update"], stdout=out, stderr=out)
        done = subprocess.run([*apt, "source", "--download-only", "musl"],
                              stdout=out, stderr=out, cwd=root)
    found = list(root.glob("musl_*.orig.tar.?z"))
    if done.returncode or not found:
        sys.stderr.write(log.read_text())
        fail("could not fetch Debian's source package of musl (output above)")
    tarball = found[0].rename(folder / found[0].name)
    shutil.rmtree(root)
    return tarball


def build(folder, cross, tarball):
    """Unpack, configure, make, install into @folder."""
    source = folder / "source"
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir()
    jobs = f"-j{os.cpu_count() or 1}"
    # A make that runs us must not give its own flags to musl's make.
    env = {k: v for k, v in os.environ.items()
           if k not in ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES")}
    log = folder / "build.log"
    with log.open("w") as out:
        for command in (
                ["tar", "-xf", str(tarball.resolve()), "--strip-components=1"],
                ["./configure", "--target=i386", "--disable-shared",
                 "--disable-wrapper", f"--prefix={folder.resolve()}",
                 f"CROSS_COMPILE={cross}", f"CFLAGS={CFLAGS}"],
                ["make", jobs],
                ["make", "install"]):
            done = subprocess.run(command, cwd=source, env=env, stdout=out, stderr=out)
            if done.returncode:
                out.flush()
                sys.stderr.write("".join(log.read_text().splitlines(True)[-30:]))
                fail(f"{' '.join(command)!r} failed; all of its output: {log}")
    shutil.rmtree(source)


def ask(cross, option):
    return subprocess.run([f"{cross}gcc", option], capture_output=True, text=True,
                          check=True).stdout.strip()


def write_compiler(folder, cross):
    """bin/magpie-gcc and its specs; an empty libmagpie.a until user/lib is built."""
    begin = "crtbeginT.o"
    if not os.path.isabs(ask(cross, f"-print-file-name={begin}")):
        begin = "crtbegin.o"            # gcc for bare ELF has only this one
    headers = Path("/usr") / cross.rstrip("-") / "include"
    linux = f"-idirafter {headers}" if headers.is_dir() else ""
    specs = SPECS.format(begin=begin, linux=linux)
    (folder / "lib/magpie-gcc.specs").write_text(specs)
    library = folder / "lib/libmagpie.a"
    if not library.exists():
        subprocess.run([f"{cross}ar", "rc", str(library)], check=True)
    wrapper = folder / "bin/magpie-gcc"
    wrapper.parent.mkdir(exist_ok=True)
    wrapper.write_text(WRAPPER.format(cross=cross))
    wrapper.chmod(0o755)


def main():
    if len(sys.argv) not in (2, 3):
        fail("usage: tools/musl.py FOLDER [CROSS-PREFIX]")
    folder = Path(sys.argv[1])
    cross = sys.argv[2] if len(sys.argv) == 3 else "i686-linux-gnu-"
    folder.mkdir(parents=True, exist_ok=True)
    build(folder, cross, fetch(folder))
    write_compiler(folder, cross)


if __name__ == "__main__":
    main()
