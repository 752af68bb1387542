#!/usr/bin/env python3
"""Make what follows from the list of system calls.

    tools/gensys.py kernel/sys/syscalls.tbl FOLDER

writes FOLDER/syscall_protos.h, a prototype of each handler,
FOLDER/syscall_table.h, the dispatch table, without holes, included only by the
dispatcher, and
FOLDER/syscall_names.h, names and formats of calls and names of errors, for decoders.
tools/magpie run --strace, a decoder itself, uses parse() and errors() of this file.

A line of the input is "NUMBER NAME HANDLER [FORMAT ...]", one FORMAT for each
argument; "#" begins a comment.  The formats are for the eyes of people and of the
trace decoders; the table keeps only how many there are, and which are strings.
"""

import re
import sys
from pathlib import Path

FORMATS = {
    "d": "signed number",
    "u": "unsigned number",
    "x": "bits, shown in hexadecimal",
    "o": "permission bits, shown in octal",
    "fd": "file descriptor",
    "ptr": "user address",
    "str": "user address of a path or other string",
    "lo": "low half of a 64-bit number; the next argument is its high half",
    "hi": "high half of a 64-bit number",
}
MAX_ARGS = 6            # registers ebx ecx edx esi edi ebp [SysV i386]


def parse(path):
    """[(number, name, handler, formats)], checked."""
    calls, numbers, names = [], set(), set()
    for at, line in enumerate(open(path, encoding="utf-8"), 1):
        words = line.split("#")[0].split()
        if not words:
            continue

        def wrong(what):
            sys.exit(f"{path}:{at}: {what}")

        if len(words) < 3 or not words[0].isdigit():
            wrong("want NUMBER NAME HANDLER [FORMAT ...]")
        number, name, handler, formats = int(words[0]), words[1], words[2], words[3:]
        if not re.fullmatch(r"sys_\w+", handler):
            wrong(f"{handler!r}: a handler is called sys_something")
        if number in numbers or name in names:
            wrong(f"{number} {name}: there already")
        if len(formats) > MAX_ARGS:
            wrong(f"at most {MAX_ARGS} arguments")
        for fmt in formats:
            if fmt not in FORMATS:
                wrong(f"{fmt!r}: not one of {' '.join(FORMATS)}")
        numbers.add(number)
        names.add(name)
        calls.append((number, name, handler, formats))
    return sorted(calls)


def errors(path):
    """{number: name} of the errors in kernel/lib/errno.h."""
    text = path.read_text(encoding="utf-8")
    return {int(number): name for name, number in re.findall(r"\b(E\w+) = (\d+)", text)}


def strings(formats):
    """The mask of the arguments that are strings."""
    return sum(1 << k for k, fmt in enumerate(formats) if fmt == "str")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    calls = parse(sys.argv[1])
    made = f"/* Made by tools/gensys.py from {sys.argv[1]}. */\n"
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)

    with (folder / "syscall_protos.h").open("w") as out:
        print(made, "#pragma once\n\nstruct sysargs;\n", sep="", file=out)
        for handler in sorted({c[2] for c in calls}):
            print(f"long {handler}(const struct sysargs *a);", file=out)

    with (folder / "syscall_table.h").open("w") as out:
        print(made, "static const struct syscall_entry syscall_table[] = {", sep="\n",
              file=out)
        last = -1
        for number, name, handler, formats in calls:
            if number > last + 1:
                print(f"\t[{last + 1} ... {number - 1}] = {{ .handler = sys_unknown }},", file=out)
            last = number
            print(f"\t[{number}] = {{ .handler = {handler}, .nargs = {len(formats)}, "
                  f'.strings = {strings(formats):#x}, .name = "{name}" }},', file=out)
        print("};", file=out)

    with (folder / "syscall_names.h").open("w") as out:
        print(made, "static const struct syscall_name { const char *name, *formats; } "
              "syscall_names[] = {", sep="\n", file=out)
        for number, name, _, formats in calls:
            print(f'\t[{number}] = {{ "{name}", "{" ".join(formats)}" }},', file=out)
        print("};\n\nstatic const char *const error_names[] = {", file=out)
        for number, name in sorted(errors(Path("kernel/lib/errno.h")).items()):
            print(f'\t[{number}] = "{name}",', file=out)
        print("};", file=out)


if __name__ == "__main__":
    main()
