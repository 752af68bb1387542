"""tools/magpie profile: how many instructions did each function take?

tools/plugin/profile.c counts in QEMU, outside the guest, how often each block of code
was executed; here the blocks are added up by function.  It is a whole run that is
counted, boot and all: --less subtracts another run.

    tools/magpie profile --less "/bin/mcp /bin/cat /tmp/c" --per 8141 -- \\
        /bin/mcp /data/big /tmp/big
"""

import bisect
import copy
import re
import shlex
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import ksyms
import magpie_run
from magpie_image import Failure

TOP = Path(__file__).resolve().parent.parent
USER_TOP = 0xC0000000


class Symbols:
    """Functions of the kernel by address."""

    def __init__(self, kernel):
        done = subprocess.run(["nm", kernel], capture_output=True, text=True, check=False)
        self.table = ksyms.functions(done.stdout.splitlines())
        if not self.table:
            raise Failure(f"{kernel}: no functions in it (is nm there?)")
        self.starts = [address for address, _ in self.table]

    def name(self, address):
        if address < USER_TOP:
            return "(boot and user)"
        at = bisect.bisect_right(self.starts, address) - 1
        return (self.table[at][1] if at >= 0 else "") or "(elsewhere)"

    def address(self, wanted):
        return next(address for address, name in self.table if name == wanted)


def plugin(build, name):
    """The plugin build/plugin/NAME.so, made if need be."""
    path = build / f"plugin/{name}.so"
    done = subprocess.run(["make", "-s", "-C", TOP, path.relative_to(TOP)],
                          stdout=sys.stderr, check=False)
    if done.returncode:
        raise Failure(f"{path} could not be made")
    return path


def count(args, program, build, symbols):
    """Run @program; its instructions by function."""
    with tempfile.TemporaryDirectory(prefix="magpie-") as scratch:
        out = Path(scratch) / "profile"
        here = copy.copy(args)
        here.program = program
        here.plugin = args.plugin + [f"{plugin(build, 'profile')},out={out}"]
        status = magpie_run.run(here, build)
        if status:
            raise Failure(f"{' '.join(program)}: exit status {status}")
        return by_function(out, symbols)


def by_function(path, symbols):
    """What the plugin wrote to @path: instructions by function."""
    total = Counter()
    for line in path.read_text().splitlines():
        address, instructions, times = line.split()
        total[symbols.name(int(address, 16))] += int(instructions) * int(times)
    return total


def files(build):
    """Function -> source file, as the object files have it."""
    found = {}
    for path in sorted((build / "obj").glob("**/*.o")):
        done = subprocess.run(["nm", path], capture_output=True, text=True, check=False)
        source = str(path.relative_to(build / "obj").with_suffix(""))
        for name in re.findall(r"(?m)^[0-9a-f]+ [tT] (\S+)$", done.stdout):
            found[name] = f"{found[name]} or {source}" if name in found else source
    return found


def run(args, build):
    if not args.program:
        raise Failure("profile what?  A PROGRAM is missing")
    args.icount = True                  # the same counts every time
    symbols = Symbols(args.kernel)
    total = count(args, args.program, build, symbols)
    if args.less:
        total.subtract(count(args, shlex.split(args.less), build, symbols))
    print_table(total, args.per or 1, args.top)
    return 0


def print_table(total, per, top):
    every = sum(total.values())
    shape = "{:>14,.0f}" if per == 1 else "{:>14,.1f}"
    print(f"{'instructions' if per == 1 else f'per 1/{per}':>14} {'share':>7}  function")
    print((shape + " {:>6.1f}%  {}").format(every / per, 100.0, "all"))
    for name, n in sorted(total.items(), key=lambda item: (-item[1], item[0]))[:top]:
        if n:
            print((shape + " {:>6.1f}%  {}").format(n / per, 100 * n / every, name))
