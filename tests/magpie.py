"""How the tests reach the machine: tools/magpie, and a look into file-system images."""

import os
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
BUILD = TOP / "build"
TOOL = TOP / "tools/magpie"
SBIN = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}

sys.dont_write_bytecode = True

# Tests open no windows, whoever runs them.
for name in ("DISPLAY", "WAYLAND_DISPLAY"):
    os.environ.pop(name, None)


def run(*words, timeout=120, **more):
    """tools/magpie run WORDS to its end; its result with stdout and stderr as bytes.
    The time given to the machine is a little less than to the tool."""
    options = ["--timeout", str(timeout - 20)] if "--timeout" not in words else []
    return subprocess.run([TOOL, "run", *options, *map(str, words)], timeout=timeout,
                          stdin=more.pop("stdin", subprocess.DEVNULL),
                          capture_output=True, check=False, **more)


def ok(*words, **more):
    """The same, which must exit 0; its stdout as text."""
    done = run(*words, **more)
    assert done.returncode == 0, told(done)
    return done.stdout.decode()


def told(done):
    """All that a run said, for the message of a failed assertion."""
    return (f"exit status {done.returncode}\n"
            f"--- stdout\n{done.stdout.decode(errors='replace')[-4000:]}"
            f"--- stderr\n{done.stderr.decode(errors='replace')[-4000:]}")


def same(a, b):
    """Are these bytes equal?  Not "assert a == b": pytest would spend minutes on showing
    how some megabytes differ."""
    return len(a) == len(b) and a == b


def figures(text):
    """The "name value" lines of mcp -v and cp -v as a dictionary."""
    return {words[0]: int(words[1]) for words in map(str.split, text.splitlines())
            if len(words) == 2 and words[1].isdigit()}


def readme_examples(word):
    """(command, what it prints) of the README's commands that have @word in them."""
    found, printed = [], None
    for line in (TOP / "README.md").read_text().splitlines():
        text = line[4:] if line.startswith("    ") else ""
        if text.startswith("$ tools/magpie run ") and word in text:
            printed = []
            found.append((text[2:], printed))
        elif not text or text.startswith("$ "):
            printed = None
        elif printed is not None:
            printed.append(text + "\n")
    return [(command, "".join(lines)) for command, lines in found]


def read_file(image, path, to):
    """Copy the file @path out of the image to the host file @to, with debugfs."""
    subprocess.run(["debugfs", "-R", f"dump {path} {to}", str(image)], env=SBIN,
                   capture_output=True, check=True)
    return Path(to).read_bytes()


def e2fsck(image):
    """e2fsck's judgement: (clean?, its words)."""
    done = subprocess.run(["e2fsck", "-fn", str(image)], env=SBIN, capture_output=True,
                          text=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr
