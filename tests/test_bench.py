"""What copies and operations cost must not creep up: a small part of tools/magpie bench, in
instructions, against docs/bench/record.tsv.  And what the README and docs/performance.md say is
what was measured."""

import csv
import os
import re
import sys

import pytest

from magpie import BUILD, TOP, ok

sys.path.insert(0, str(TOP / "tools"))
import magpie_bench  # noqa: E402
import magpie_report  # noqa: E402

RECORD = TOP / "docs/bench/record.tsv"
RENEW = "RENEW=1 make test T=test_bench"
GROWTH = 1.03           # a figure may be so much larger than the recorded one
COPIES = ["four:4096:4:new:cold", "four:4096:4:over:cold", "direct:1024:4:over:cold",
          "read-write:64:4:over:cold", "sendfile:1024:4:over:cold", "four-cache:4096:4:new:cached",
          "four-cache:4096:4:over:cached"]

by_gcc = pytest.mark.skipif(os.environ.get("COMPILER", "gcc") != "gcc",
                            reason="the record is of GCC's code")


@pytest.fixture(scope="module", name="measured")
def measure(tmp_path_factory):
    """name -> instructions, of one disk with nothing else on it, as tools/magpie bench has it."""
    image = magpie_bench.disk(BUILD, tmp_path_factory.mktemp("bench"), 32)
    found = {}
    for words in (["copy", *COPIES], ["ops"], ["cross", "1", "64"], ["random"]):
        text = ok("--icount", "--image", image, "--", "/bin/bench", *words)
        found.update(figures(text))
    return found


def figures(text):
    """The lines of /bin/bench: what was measured, and the first number after it; of copies to the
    disk without what the device does, which would hide what is ours."""
    for line in text.splitlines():
        kind, *words = line.split("\t")
        if kind == "cross":
            words[:2] = [f"{words[0]} {words[1]}"]
        if words[1].isdigit():
            device = kind == "copy" and "-cache" not in words[0]
            less = magpie_bench.DEVICE * int(words[2]) if device else 0
            yield f"{kind} {words[0]}", int(words[1]) - less


def recorded():
    with open(RECORD, newline="", encoding="utf-8") as f:
        return {name: int(n) for name, n in csv.reader(f, delimiter="\t")}


@by_gcc
@pytest.mark.guest
@pytest.mark.timeout(300)
def test_nothing_costs_more(measured):
    """Each figure at most 3 % over the record.  The record is in the repository, so whoever makes
    something dearer changes it in the same commit and says why."""
    if os.environ.get("RENEW"):
        RECORD.write_text("".join(f"{name}\t{n}\n" for name, n in measured.items()))
    grown = [f"{name}: {n:,}, recorded {was:,} ({100 * (n / was - 1):+.1f} %)"
             for name, was in recorded().items()
             if (n := measured.get(name, float("inf"))) > was * GROWTH]
    assert not grown, ("dearer than docs/bench/record.tsv:\n  " + "\n  ".join(grown)
                       + f"\nIf that is wanted, renew the record and say why: {RENEW}")


@by_gcc
@pytest.mark.guest
def test_everything_is_recorded(measured):
    """Nothing new without a figure, so that what is measured is also held."""
    assert sorted(measured) == sorted(recorded()), f"renew the record: {RENEW}"


def test_a_dearer_figure_is_noticed():
    """The comparison itself: reads what bench prints, and 3 % is the line."""
    text = "copy\tx:1:4:new:cold\t21531\t10\nop\ty\t100\ncross\tmwrite\t64\t7\nop\tz\t-\n"
    now = dict(figures(text))
    assert now == {"copy x:1:4:new:cold": 1031, "op y": 100, "cross mwrite 64": 7}
    assert now["copy x:1:4:new:cold"] > 1000 * GROWTH and not 1030 > 1000 * GROWTH


def test_the_documents_tell_what_was_measured():
    """README.md and docs/performance.md, made again from docs/bench, are what they are."""
    kept, text = magpie_report.KEPT, (TOP / "README.md").read_text(encoding="utf-8")
    again = "tools/magpie bench --linux --readme measures, and writes both"
    assert magpie_report.readme(kept, text) == text, again
    assert magpie_report.performance(kept) == (TOP / "docs/performance.md").read_text(
        encoding="utf-8"), again
    for picture in re.findall(r"!\[[^]]*\]\((docs/bench/[^)]*)\)", text):
        assert (TOP / picture).is_file(), picture
