#!/usr/bin/env python3
"""Make the kernel's table of function names: nm's output in, a C file out.

    i686-linux-gnu-nm kernel.elf | tools/ksyms.py >ksyms.c

The table is sorted by address; its last entry is the end of the code, with an
empty name.  With empty input the table is empty, which is what the first of the
kernel's two links needs.  kernel/ksyms.h declares the result.
"""

import re
import sys

END = "__text_end"


def functions(lines):
    """Sorted (address, name) of the functions, one name an address, then the end.
    Marks of the linker script and NASM's local labels ("read.loop") are none."""
    found = {}
    for line in lines:
        address, kind, name = (line.split() + ["", ""])[:3]
        if name == END:
            found[int(address, 16)] = ""
        elif kind in ("t", "T") and not re.search(
                r"^__.*_(start|end)$|\.(?!part|isra|constprop|cold)[a-z_]", name):
            found.setdefault(int(address, 16), name)
    return sorted(found.items())


def main():
    table = functions(sys.stdin)
    print('#include "kernel/ksyms.h"\n')
    print(f"const uint32_t ksym_count = {len(table)};")
    print("const struct ksym ksym_table[] = {")
    for address, name in table or [(0, "")]:
        print(f'\t{{ 0x{address:08x}, "{name}" }},')
    print("};")


if __name__ == "__main__":
    main()
