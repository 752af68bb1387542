"""The ISO: GRUB, the kernel, and the root image, gzipped.

    /boot/grub/grub.cfg     boot/grub.cfg, with the words for the kernel
    /boot/kernel.elf
    /boot/root.img.gz       GRUB unpacks it and hands it over as a Multiboot module
"""

import gzip
import re
import shutil
import tempfile
from pathlib import Path

from magpie_image import MIB, Failure, call

CONFIG = Path(__file__).resolve().parent.parent / "boot/grub.cfg"
QUICK, SMALL = 1, 9                     # gzip's levels

# No more of GRUB than it takes to read this one ISO.
MODULES = "biosdisk boot configfile gzio iso9660 multiboot normal part_msdos"


def create(output, kernel, image, words=None, level=SMALL):
    """Make the ISO @output from a kernel and a root image (None: without one).  @words
    are the kernel's command line, if it is not to be what boot/grub.cfg says."""
    with tempfile.TemporaryDirectory(prefix="magpie-") as scratch:
        boot = Path(scratch, "boot")
        (boot / "grub").mkdir(parents=True)
        (boot / "grub/grub.cfg").write_text(config(words, image))
        shutil.copy(kernel, boot / "kernel.elf")
        if image:
            compress(image, boot / "root.img.gz", level)
        output.parent.mkdir(parents=True, exist_ok=True)
        # xorriso's padding at the end stays: GRUB reads ahead, and a drive that is asked
        # for a sector behind the last one gives none of them.
        done = call(["grub-mkrescue", f"--install-modules={MODULES}", "--fonts=",
                     "--locales=", "--themes=", "-o", str(output), scratch])
    if done.returncode:
        output.unlink(missing_ok=True)
        raise Failure(f"grub-mkrescue: {done.stderr.strip()}\n"
                      "tools/setup iso installs what it needs")


def config(words, image):
    """boot/grub.cfg with these words, and without a module if there is no image."""
    text = CONFIG.read_text()
    if words is not None:
        for word in words:
            if re.search(r"""['"\\$]""", word):
                raise Failure(f"--append {word}: GRUB would change the quotation marks, "
                              "backslashes and dollar signs")
        text, found = re.subn(r"(?m)^set words='.*'$",
                              lambda _: f"set words='{' '.join(words)}'", text)
        if found != 1:
            raise Failure(f"{CONFIG}: no line with the words for the kernel")
    return text if image else re.sub(r"(?m)^\s*module .*\n", "", text)


def compress(image, output, level):
    """Without name and time in the header: the same image gives the same bytes."""
    with open(image, "rb") as source, open(output, "wb") as raw, \
            gzip.GzipFile("", "wb", level, raw, mtime=0) as packed:
        shutil.copyfileobj(source, packed, MIB)
