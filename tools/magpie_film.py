"""Pictures of memory: every frame one cell, coloured by its state; a PNG inside the SVG.

Letters are those of mm/phys/frame.h.  Rows of which every frame is reserved, most of them
the ramdisk's, are left out.
"""

import base64
import math
import struct
import zlib

HEIGHT = 230                            # pixels that a picture may be high

STATES = {                              # letter -> colour, words
    ".": ("#eef1f3", "free"),
    "#": ("#b9c1c7", "reserved"),
    "k": ("#56616b", "kernel"),
    "t": ("#8c5a2b", "page table"),
    "a": ("#f2b632", "anonymous"),
    "x": ("#7a2ea0", "in transit"),
    "r": ("#9fd3ea", "being read"),
    "u": ("#9fd3ea", "not read"),
    "!": ("#000000", "error"),
    "n": ("#2e86ab", "read ahead, unused"),
    "c": ("#7cc48a", "clean"),
    "m": ("#3c8d57", "clean, mapped"),
    "D": ("#d1495b", "dirty"),
    "W": ("#ef8354", "being written"),
    "B": ("#ef8354", "written, dirty again"),
}
TOLD = ".#ktaxrncmDW"                   # in the legend


def legend():
    return [STATES[letter] for letter in TOLD]


def chunk(kind, body):
    return (struct.pack(">I", len(body)) + kind + body
            + struct.pack(">I", zlib.crc32(kind + body)))


def png(rows):
    """A picture with a palette, of rows of letters of the same length [PNG]."""
    order = list(STATES)
    palette = b"".join(bytes.fromhex(STATES[letter][0][1:]) for letter in order)
    table = {ord(letter): chr(k) for k, letter in enumerate(order)}
    body = b"".join(b"\0" + row.translate(table).encode("latin-1") for row in rows)
    head = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 3, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"PLTE", palette)
            + chunk(b"IDAT", zlib.compress(body, 9)) + chunk(b"IEND", b""))


def rows_of(letters, columns):
    """Rows of @columns frames, without those that are reserved as a whole."""
    letters += "#" * (-len(letters) % columns)
    rows = [letters[k:k + columns] for k in range(0, len(letters), columns)]
    return [row for row in rows if row.strip("#")] or rows[:1]


class Picture:
    """As wide as @width pixels, at most @height high."""

    def __init__(self, letters, width, height):
        shown = max(len(letters.replace("#", "")), 1)
        columns = 1 << max(math.ceil(math.log2(math.sqrt(shown * width / height))), 3)
        self.rows = rows_of(letters, columns)
        self.width = width
        self.height = min(len(self.rows) * width / columns, height)

    def svg(self, x, y):
        data = base64.b64encode(png(self.rows)).decode()
        return (f'<image x="{x:.1f}" y="{y:.1f}" width="{self.width:.1f}" '
                f'height="{self.height:.1f}" preserveAspectRatio="none" '
                f'style="image-rendering:pixelated" href="data:image/png;base64,{data}"/>')
