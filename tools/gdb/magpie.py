"""Magpie's own commands for GDB: what the kernel's structures say, drawn.

    tools/magpie gdb [-- PROGRAM]       starts the machine, stopped, with these at hand

"magpie" lists them, "help pt" and so on tell more.  But for watch-steal and watch-mwrite,
which run the machine, everything is only read: nothing is called and nothing changed, so all
of it works wherever the machine stands, and when it is broken.

Read next: machine.py, then pagetables.py
"""

import os
import sys

import gdb

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# pylint: disable=wrong-import-position
from cached import Cache, Dirty, Name
from frames import Frame
from happenings import Counters, Io, Trace
from invariants import Check
from life import Life
from pagetables import Pt, Pt_Diff
from stages import Watch_Mwrite, Watch_Steal
from tasks import Ps, Vmas
from why import Why


class Magpie(gdb.Command):
    """List Magpie's own commands.

    magpie"""

    def __init__(self, commands):
        super().__init__("magpie", gdb.COMMAND_DATA, gdb.COMPLETE_NONE)
        self.commands = commands
        print("Magpie's own commands: " + ", ".join(c.word for c in commands)
              + '; "magpie" lists them, "help pt" tells more.')

    def invoke(self, _arg, _from_tty):
        for command in self.commands:
            print(f"  {command.usage:29} {command.__doc__.splitlines()[0]}")


Magpie([kind() for kind in (
    Pt, Pt_Diff, Why, Vmas, Ps, Frame, Name, Cache, Dirty, Io, Trace, Counters, Check, Life,
    Watch_Steal, Watch_Mwrite)])
