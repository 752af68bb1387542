"""A timeline as SVG: a column for each run, all to the same scale, and under each a strip of
pictures of memory.  Read next: magpie_film.py
"""

import math
from html import escape

import magpie_film as film

WIDTH, MARGIN, GAP, LABELS = 1180, 14, 26, 92   # pixels; labels stand left of all columns
BAR, ROWS = 7, 6                        # height of a span among others, how many at most
TOTAL = 16                              # height of a bar in the title
PALE = "#e9edf0"

CALLS = {                               # system calls that have a colour of their own
    "read": "#d1495b", "write": "#ef8354", "pread64": "#d1495b", "pwrite64": "#ef8354",
    "readv": "#d1495b", "writev": "#ef8354",
    "readahead": "#2e86ab", "mmap2": "#5aa9c4", "mwrite": "#1b9e5a",
    "fdatasync_area": "#7b5ea7", "fdatasync": "#7b5ea7", "fsync": "#7b5ea7", "sync": "#7b5ea7",
}
OTHER = "#8d99a6"
LEGEND = [("read", "read: bytes copied"), ("write", "write: bytes copied"),
          ("readahead", "readahead"), ("mwrite", "mwrite"), ("fdatasync", "fdatasync"),
          (None, "other calls")]
IO = {"read": "#2e86ab", "write": "#c77d0a", "flush": "#333333"}
FAULT = {"fault_anon": "#777777", "fault_file": "#2e86ab", "fault_uncached": "#1b9e5a",
         "fault_cow": "#d1495b", "fault_bad": "#000000"}


class Svg:
    def __init__(self):
        self.parts = []

    def rect(self, x, y, w, h, fill, title=""):
        about = f"<title>{escape(title)}</title>" if title else ""
        self.parts.append(f'<rect x="{x:.2f}" y="{y:.1f}" width="{w:.2f}" height="{h:.1f}" '
                          f'fill="{fill}">{about}</rect>')

    def text(self, x, y, words, size=11, anchor="start", more=""):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" '
                          f'text-anchor="{anchor}" {more}>{escape(words)}</text>')

    def line(self, x, y, x2, y2, colour="#c4ccd2", dash=""):
        dash = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(f'<line x1="{x:.2f}" y1="{y:.1f}" x2="{x2:.2f}" y2="{y2:.1f}" '
                          f'stroke="{colour}" stroke-width="1"{dash}/>')

    def group(self, name):
        self.parts.append(f'<g id="{escape(name, quote=True)}">')

    def end_group(self):
        self.parts.append("</g>")

    def document(self, width, height):
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
                f'height="{height:.0f}" viewBox="0 0 {width} {height:.0f}" '
                'font-family="Helvetica, Arial, sans-serif" fill="#20262b">\n'
                f'<rect width="{width}" height="{height:.0f}" fill="#ffffff"/>\n'
                + "\n".join(self.parts) + "\n</svg>\n")


def packed(spans):
    """[(row, span)]: each in the first row that is free by then; ROWS at most, and the last
    takes whatever is left."""
    free, placed = [], []
    for span in sorted(spans, key=lambda s: s.start):
        row = next((k for k, end in enumerate(free) if end <= span.start), len(free))
        row = min(row, ROWS - 1)
        free[row:row + 1] = [max(span.end, free[row] if row < len(free) else 0)]
        placed.append((row, span))
    return placed


def nice_step(span, most=8):
    """A round distance of marks, at most @most of them in @span."""
    step = 10 ** math.floor(math.log10(max(span, 1e-3) / most))
    return next(step * k for k in (1, 2, 5, 10) if span / (step * k) <= most)


def tasks(timelines):
    """How many lanes of system calls there are: of the run with most tasks that make some."""
    return max(len({s.pid for s in t.calls}) for t in timelines)


def totals(t):
    """[(name, figure, in words, colour)] of a run."""
    sums = t.sums()
    busy = t.end - sums["microseconds_halted"]
    copied = sums["bytes_read"] + sums["bytes_written"]
    stolen, moved = sums["frames_stolen"], sums["frames_moved"]
    return [("time", t.end, f"{t.end / 1000:.1f} ms", "#2e86ab"),
            ("processor works", busy, f"{busy / 1000:.1f} ms", "#56616b"),
            ("bytes copied", copied, f"{copied:,} by read and write", CALLS["read"]),
            ("frames moved", moved, f"{stolen:,} frames stolen, {moved:,} moved",
             CALLS["mwrite"])]


class Column:
    """One run, drawn between @x and @x + @width."""

    def __init__(self, svg, timeline, x, width, longest):
        self.svg, self.t, self.x, self.width = svg, timeline, x, width
        self.scale = width / max(longest, 1)

    def at(self, time):
        return self.x + time * self.scale

    def span(self, s, y, height, fill, words=None):
        self.svg.rect(self.at(s.start), y, max((s.end - s.start) * self.scale, 0.4), height,
                      fill, words or f"{s.text}  ({s.end - s.start:.0f} us)")

    def title(self, y, most):
        """What it comes to, before anything is looked at: bars, each as long as its share of
        the @most that a run has."""
        self.svg.text(self.x, y, f"{self.t.title}", 15, more='font-weight="bold"')
        room = self.width * 0.36
        for k, ((name, n, words, colour), top) in enumerate(zip(totals(self.t), most)):
            down = y + 12 + k * TOTAL
            self.svg.text(self.x, down + 9, name, 11)
            long = max(room * n / max(top, 1), 1)
            self.svg.rect(self.x + 98, down, long, TOTAL - 5, colour, f"{name}: {words}")
            self.svg.text(self.x + 104 + long, down + 9, words, 11)

    def processor(self, y, height):
        self.svg.rect(self.x, y, self.t.end * self.scale, height, "#56616b", "works")
        for s in self.t.halted:
            self.span(s, y, height, PALE)

    def calls(self, y, lane_height):
        pids = sorted({s.pid for s in self.t.calls})
        for k, pid in enumerate(pids):
            for s in self.t.calls:
                if s.pid == pid:
                    self.span(s, y + k * lane_height, 16, CALLS.get(s.kind, OTHER))
            self.svg.text(self.x, y + k * lane_height + 26, self.t.name(pid), 9,
                          more='fill="#6b7780"')

    def spans(self, spans, y, colour):
        for row, s in packed(spans):
            self.span(s, y + row * BAR, BAR - 1, colour(s),
                      f"{s.text}, {s.n} {'pages' if s.kind == 'write-out' else 'segments'}  "
                      f"({s.end - s.start:.0f} us)")

    def ticks(self, records, y, height, colour):
        """As high as the logarithm of how many pages it was."""
        for r in records:
            n = r.figure("n") if "n" in r.words else 1
            high = max(height * math.log2(n + 1) / 10, 3)
            self.svg.rect(self.at(r.time) - 0.6, y + height - min(high, height), 1.2,
                          min(high, height), colour(r),
                          f"{r.event} {' '.join(r.words)} at {r.time / 1000:.3f} ms")

    def axis(self, y, top, longest):
        self.svg.line(self.x, y, self.x + self.width, y, "#56616b")
        step = nice_step(longest)
        for k in range(int(longest / step) + 1):
            self.svg.line(self.at(k * step), y, self.at(k * step), y + 4, "#56616b")
            self.svg.text(self.at(k * step), y + 15, f"{k * step / 1000:g}", 10, "middle")
        self.svg.text(self.x + self.width, y + 28, "milliseconds", 10, "end")
        self.svg.line(self.at(self.t.end), top, self.at(self.t.end), y, "#d1495b", "4 2")

    def lives(self, y, top, bottom):
        """The film strip, and where on the time axis its pictures were taken.  Its height."""
        lives = self.t.lives
        if not lives:
            return 0
        each = min((self.width - 10 * (len(lives) - 1)) / len(lives), 250)
        height = 0
        for k, life in enumerate(lives):
            x = self.x + k * (each + 10)
            picture = film.Picture(life.letters, each, film.HEIGHT)
            height = max(height, picture.height)
            used = len(life.letters) - life.letters.count("#") - life.letters.count(".")
            self.svg.text(x, y - 5, f"{k + 1}: {life.time / 1000:.1f} ms, {used:,} in use", 10)
            self.svg.parts.append(picture.svg(x, y))
            self.svg.line(self.at(life.time), top, self.at(life.time), bottom, "#20262b", "1 3")
            self.svg.text(self.at(life.time), top - 2, f"{k + 1}", 10, "middle")
        return height


class Lanes:
    """The lanes from top to bottom: name, height, how a column draws it."""

    def __init__(self, timelines):
        calls = 30
        self.lanes = [
            ("processor", 14, lambda c, y: c.processor(y, 14)),
            ("system calls", calls * tasks(timelines), lambda c, y: c.calls(y, calls)),
            ("page faults", 16, lambda c, y: c.ticks(
                [r for f in FAULT for r in c.t.points[f]], y, 16, lambda r: FAULT[r.event])),
            ("disk reads", BAR * ROWS, lambda c, y: c.spans(
                [s for s in c.t.requests if s.kind == "read"], y, lambda s: IO["read"])),
            ("steals", 26, lambda c, y: c.ticks(c.t.points["steal"], y, 26,
                                                lambda r: "#7a2ea0")),
            ("moves", 26, lambda c, y: c.ticks(c.t.points["move"], y, 26,
                                               lambda r: CALLS["mwrite"])),
            ("write-out", BAR * ROWS, lambda c, y: c.spans(c.t.writeouts, y,
                                                           lambda s: "#b79ad6")),
            ("disk writes", BAR * ROWS, lambda c, y: c.spans(
                [s for s in c.t.requests if s.kind != "read"], y, lambda s: IO[s.kind])),
        ]
        self.height = sum(h + 10 for _, h, _ in self.lanes)

    def draw(self, svg, columns, y):
        for name, height, draw in self.lanes:
            svg.group(name)
            svg.text(MARGIN, y + 12, name, 11)
            for column in columns:
                svg.rect(column.x, y - 3, column.width, height + 6, "#f7f9fa")
                draw(column, y)
            svg.end_group()
            y += height + 10


def legend(svg, y, with_lives):
    x = MARGIN + LABELS
    entries = [(CALLS[kind] if kind else OTHER, words) for kind, words in LEGEND]
    for row in ([entries, film.legend()] if with_lives else [entries]):
        at = x
        for colour, words in row:
            svg.rect(at, y, 10, 10, colour)
            svg.text(at + 14, y + 9, words, 10)
            at += 24 + 6.2 * len(words)
        y += 18
    return y


def draw(timelines):
    """The whole picture, as text."""
    svg, lanes = Svg(), Lanes(timelines)
    longest = max(t.end for t in timelines) * 1.01
    left = MARGIN + LABELS
    each = (WIDTH - left - MARGIN - GAP * (len(timelines) - 1)) / len(timelines)
    columns = [Column(svg, t, left + k * (each + GAP), each, longest)
               for k, t in enumerate(timelines)]
    most = [max(row[1] for row in rows) for rows in zip(*map(totals, timelines))]
    top = 54 + TOTAL * len(most)
    for column in columns:
        column.title(24, most)
    lanes.draw(svg, columns, top)
    bottom = top + lanes.height
    for column in columns:
        column.axis(bottom, top, longest)
    y, strip = bottom + 60, 0
    for column in columns:
        strip = max(strip, column.lives(y, top - 6, bottom))
    if strip:
        svg.text(MARGIN, y + 12, "memory,")
        svg.text(MARGIN, y + 26, "a cell")
        svg.text(MARGIN, y + 40, "a frame")
        y += strip + 14
    y = legend(svg, y - (0 if strip else 18), bool(strip))
    return svg.document(WIDTH, y + 6)
