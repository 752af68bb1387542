"""Pictures of memory: a character for a page, in colours where GDB has them.

Read next: files.py
"""

import gdb

from frames import STATES, all_states
from machine import Command, Complaint, counted, number


def coloured(states):
    """A character for each state, in colours if GDB uses them."""
    if not gdb.parameter("style enabled"):
        return "".join(STATES[s][0] for s in states)
    out, last = "", None
    for s in states:
        char, colour, _ = STATES[s]
        out += (f"\33[{colour}m" if colour != last else "") + char
        last = colour
    return out + "\33[0m"


def picture(states, width, label):
    """Lines of @width characters; lines like the one before are counted, not shown."""
    rows = [states[k:k + width] for k in range(0, len(states), width)]
    same = 0
    for k, row in enumerate(rows):
        if 0 < k < len(rows) - 1 and row == rows[k - 1]:
            same += 1
            continue
        if same:
            print(f"{'':10} ... {counted(same, 'line')} the same")
        print(f"{label(k * width)} {coloured(row)}")
        same = 0


def legend(states):
    for state, (_, _, words) in STATES.items():
        if state in states:
            print(f"  {coloured([state])} {states.count(state):7}  {words}")


class Life(Command):
    """Show every frame in memory as one character, in colours where GDB has them.

    life [WIDTH]

Lines of WIDTH frames, 64 without; lines that repeat the one above are only counted.
Then come the meaning of the characters and how many there are of each."""

    most = 1

    def run(self, width="64"):
        width = number(width)
        if not 1 <= width <= 4096:
            raise Complaint("a width from 1 to 4096")
        states = all_states()
        if not states:
            raise Complaint("the kernel has not looked yet what memory there is")
        picture(states, width, lambda pfn: f"{pfn << 12:#010x}")
        legend(states)
