#!/usr/bin/env python3
"""Pictures of what tools/magpie bench measured: SVG, by matplotlib.

    magpie_plot.py FOLDER       reads bench.tsv and profile.tsv there, writes *.svg

A program of its own, because matplotlib may be another Python's than ours.
"""

import sys
from pathlib import Path

import matplotlib

sys.dont_write_bytecode = True
matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "magpie"          # the same bytes every time
import matplotlib.pyplot as plt                         # noqa: E402
from magpie_report import DEVICE, Figures, profiles     # noqa: E402

COLOURS = {"Magpie": "#1b6ca8", "Linux": "#c46a1b"}


def bars(axes, machines, rows):
    """A bar for each machine; longest first would hide the order people know."""
    height = 0.8 / len(machines)
    for n, machine in enumerate(machines):
        places = [i + n * height for i in range(len(rows))]
        values = [row[2][n] for row in rows]
        drawn = axes.barh(places, [v or 0 for v in values], height, label=machine,
                          color=COLOURS[machine])
        axes.bar_label(drawn, [f"{v:,.0f}" if v else "-" for v in values], padding=3,
                       fontsize=7)
    axes.set_yticks([i + height * (len(machines) - 1) / 2 for i in range(len(rows))],
                    [label for _, label, _ in rows], fontsize=8)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.legend(loc="lower right")


def copy(axes, figures):
    axes.set_xlabel("instructions a page, above the device")
    axes.set_title("Copying a file to one that exists, source not in memory")
    rows = [row for row in figures.section("copy") if ":over:" in row[0]]
    bars(axes, figures.machines, rows)
    return rows


def ops(axes, figures):
    axes.set_xlabel("instructions")
    axes.set_title("Operations")
    rows = figures.section("ops")
    bars(axes, figures.machines, rows)
    return rows


def window(axes, figures):
    axes.set_title("The four calls by size of the window")
    axes.set_xlabel("KiB read ahead, moved and written out at once")
    axes.set_ylabel("instructions a page, above the device")
    points = [(int(key.split(":")[1]), values[0])
              for key, _, values in figures.section("window") if values[0]]
    if points:
        axes.plot(*zip(*points), marker="o", color=COLOURS["Magpie"])
        axes.set_xscale("log", base=2)
        axes.set_ylim(bottom=0)
    return points


def cross(axes, figures):
    """Instructions a page over pages a call: write(2) against mwrite()."""
    rows = figures.section("cross")
    for n, machine in enumerate(figures.machines):
        for what, style in (("write", "--"), ("mwrite", "-"), ("mwrite once", ":")):
            points = [(int(key.split(":")[1]), values[n]) for key, _, values in rows
                      if key.split(":")[0] == what and values[n]]
            if points:
                axes.plot(*zip(*points), style, marker="o", color=COLOURS[machine],
                          label=f"{machine}, {what}")
    axes.set_xscale("log", base=2)
    axes.set_xlabel("touched pages a call")
    axes.set_ylabel("instructions a page")
    axes.set_title("Touched pages go to a file, and are touched again; or not (once)")
    if rows:
        axes.legend()
    return rows


def place(source):
    """The folder, which is the part of the kernel; the program, and small functions, have none."""
    return "others" if source == "-" else source.split(" or ")[0].rpartition("/")[0]


def stripe(axes, y, pieces, colours, smallest):
    """Pieces (name, place, instructions) one after the other; small ones go unnamed."""
    at = 0
    for name, where, n in pieces:
        axes.barh(y, n, 0.9, left=at, color=colours[where], edgecolor="white", linewidth=0.5)
        if n > smallest:
            axes.text(at + n / 2, y, f"{name}\n{n:,.0f}", ha="center", va="center", fontsize=6,
                      rotation=0 if n > 6 * smallest else 90)
        at += n


def profile(axes, parts):
    """The two copies, each as two stripes: by folder, and within it by function."""
    shown = {what: list_ for what, list_ in parts.items() if "32 MiB, new" in what}
    places = sorted({where for list_ in shown.values() for where, _, _ in list_})
    colours = {where: matplotlib.colormaps["Pastel1"](k % 9) for k, where in enumerate(places)}
    most = max((sum(n for _, _, n in list_) for list_ in shown.values()), default=0)
    ticks = []
    for k, (what, list_) in enumerate(shown.items()):
        total = {w: sum(n for where, _, n in list_ if where == w) for w in places}
        order = sorted(places, key=lambda w: -total[w])
        stripe(axes, 3 * k, [(w, w, total[w]) for w in order if total[w]], colours, most / 60)
        stripe(axes, 3 * k + 1, [(f, w, n) for w in order for where, f, n in list_ if where == w],
               colours, most / 60)
        ticks.append((3 * k + 0.5, what.replace(", ", "\n")))
    if ticks:
        axes.set_yticks([y for y, _ in ticks], [text for _, text in ticks], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel("instructions a page above the device; by folder, and below that by function")
    axes.set_title("Where the instructions of a copy go")
    return shown


def main(folder):
    figures = Figures(folder)
    parts = {what: [(place(source), function, n) for function, source, n in list_
                    if function != DEVICE]
             for what, list_ in profiles(folder).items()}
    for draw, source in ((copy, figures), (ops, figures), (window, figures), (cross, figures),
                         (profile, parts)):
        name = draw.__name__
        picture, axes = plt.subplots(figsize=(9, 5))
        if draw(axes, source):
            picture.tight_layout()
            picture.savefig(folder / f"{name}.svg", metadata={"Date": None})
            print(f"  {folder / name}.svg", file=sys.stderr)
        plt.close(picture)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
