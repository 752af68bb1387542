"""Who has proved what: a plugin for pytest that watches every test go by, gathers the
evidence for each claim, and writes docs/properties.md and docs/cases.md.

Evidence is a test that ran and passed: one whose name carries the claim's id, or a case
inside it ("PASS s01_..." of a guest test, "[ OK ] test_s05_..." of a host test).  A case
that says "note", because it could not look on this machine, is no evidence there.  What
a property measured last is what its tests print as "MEASURE p01 words".

The documents are written when everything that could give evidence was run, by "make
test" or "make properties", and then wholly; rows stay as they are otherwise.  A claim
without evidence, and a property without a figure, fails the run: test_claims.py.

Read next: claims.py, test_claims.py
"""

import re
from collections import defaultdict

import pytest

from claims import ALL, CASES, PROPERTIES, claims_of, padded
from magpie import TOP

# A figure is that of the first machine here which has one: the most telling first.
MACHINES = ["latency", "instant", "reorder", "virtio"]

PASSED = re.compile(r"(?m)^(?:PASS|\[ +OK \]) (\w+)")
FAILED = re.compile(r"(?m)^(?:FAIL|\[ +FAILED +\]) (\w+)")
NOTED = re.compile(r"(?m)^note (\w+):")
MEASURED = re.compile(r"(?m)^MEASURE p0?(\d{1,2}) (.+)$")

# How a source names its cases: RUN(name), cmocka_unit_test(name).
CASE = re.compile(r"\b(?:RUN|cmocka_unit_test\w*)\((\w+)")


class Ledger:
    """The evidence of this run."""

    def __init__(self):
        self.proofs = defaultdict(dict)         # claim -> name of its test -> passed?
        self.figures = defaultdict(dict)        # property -> (test, machine) -> lines

    def note_test(self, test, machine, passed, output, file=None):
        """A test ended, a program on a @machine or a function of a @file: enter it and its
        cases under what they claim."""
        shown = f"{file}: {test}" if file else test
        noted = set(NOTED.findall(output))
        good = set(PASSED.findall(output)) - noted
        bad = set(FAILED.findall(output))
        looked = good or not noted
        for claim in claims_of(test):
            if looked or not passed:
                self.enter(claim, shown, passed)
        for case in sorted(good | bad):
            for claim in claims_of(case):
                self.enter(claim, f"{shown}: {case}", case not in bad)
        for number, words in MEASURED.findall(output):
            lines = self.figures[f"P{number}"].setdefault((shown, machine), [])
            if words not in lines:
                lines.append(words)

    def enter(self, claim, test, passed):
        self.proofs[claim][test] = self.proofs[claim].get(test, True) and passed

    def figure(self, claim):
        """What its tests measured, each on the first machine that has a figure."""
        told = {}
        for (test, machine), lines in self.figures[claim].items():
            rank = MACHINES.index(machine) if machine in MACHINES else len(MACHINES)
            if test not in told or rank < told[test][0]:
                told[test] = (rank, lines)
        return "; ".join(line for _, (_, lines) in sorted(told.items()) for line in lines)

    def verdict(self, claim):
        """"pass", or what is wrong."""
        proofs = self.proofs[claim]
        if not proofs:
            return "no test"
        if not all(proofs.values()):
            return "fails: " + ", ".join(sorted(t for t, good in proofs.items() if not good))
        if claim in PROPERTIES and not self.figure(claim):
            return "nothing measured"
        return "pass"

    # ---- the documents -------------------------------------------------------------

    def tests(self, claim):
        """Its tests for the tables, each once, with the cases in it that prove the claim."""
        cases = defaultdict(list)
        for test in sorted(self.proofs[claim]):
            program, _, case = test.partition(": ")
            cases[program] += [f"`{case}`"] if case else []
        return "<br>".join(f"`{program}`" + (f": {', '.join(names)}" if names else "")
                           for program, names in cases.items())

    def row(self, claim, words, *more):
        return f"| {' | '.join([claim, words, self.tests(claim), *more, self.verdict(claim)])} |\n"

    def properties(self):
        good = sum(self.verdict(claim) == "pass" for claim in PROPERTIES)
        rows = "".join(self.row(claim, words, self.figure(claim))
                       for claim, words in PROPERTIES.items())
        return (f"# Properties: {good} of {len(PROPERTIES)}\n\n{HEAD}"
                "What it measured last is on the disk with latency, in virtual time, where the"
                " test has no other machine.\n\n"
                f"| | property | test | measured last | |\n|---|---|---|---|---|\n{rows}")

    def cases(self):
        claims = [claim for group in CASES.values() for claim in group]
        good = sum(self.verdict(claim) == "pass" for claim in claims)
        text = f"# Cases: {good} of {len(claims)}\n\n{HEAD.rstrip()}\n"
        for title, group in CASES.items():
            rows = "".join(self.row(claim, words) for claim, words in group.items())
            text += f"\n## {title}\n\n| | case | test | |\n|---|---|---|---|\n{rows}"
        return text

    def write(self, folder):
        (folder / "properties.md").write_text(self.properties(), encoding="utf-8")
        (folder / "cases.md").write_text(self.cases(), encoding="utf-8")


HEAD = ("Written by `make test` from what its tests did and printed (tests/ledger.py); changes by"
        " hand are lost.\n`t-NAME` is user/test/t-NAME.c, `test_NAME` tests/host/test_NAME.c,"
        " `test_NAME.py` in tests; behind the colon is\nthe case in it. `make test T=s01` runs"
        " those of S1.\n\n")


# ---- hooks of pytest -----------------------------------------------------------------------

LEDGER = pytest.StashKey()
CLAIMED = pytest.StashKey()     # what the tests that were collected claim by their names


def pytest_addoption(parser):
    parser.addoption("--claims", action="store_true",
                     help="only the tests that prove a claim (tests/claims.py)")


def pytest_configure(config):
    config.stash[LEDGER] = Ledger()
    config.stash[CLAIMED] = set()


def sources(item):
    """The names under which an item may claim: its own, its program's, its cases'."""
    params = item.callspec.params if hasattr(item, "callspec") else {}
    names = [item.originalname, str(params.get("program", ""))]
    for folder in ("user/test", "tests/host"):
        source = TOP / folder / f"{names[1]}.c"
        files = [source] if source.exists() else sorted((TOP / folder / names[1]).glob("*.c"))
        for file in files if names[1] else []:
            names += CASE.findall(file.read_text(encoding="utf-8"))
    return names


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """-k finds a test by its cases as well, if they claim something."""
    kept = []
    for item in items:
        claiming = [name for name in sources(item) if claims_of(name)]
        claims = {padded(claim) for name in claiming for claim in claims_of(name)}
        item.extra_keyword_matches.update(claiming, claims)
        config.stash[CLAIMED] |= claims
        if claims or item.path.stem == "test_claims":
            kept.append(item)
    if config.option.claims:
        config.hook.pytest_deselected(items=[i for i in items if i not in kept])
        items[:] = kept


def complete(config):
    """Does this run have everything that can give evidence?"""
    option = config.option
    return not (option.keyword or option.markexpr or option.capture == "no"
                or option.collectonly or any("::" in word for word in config.args)
                or any(word.endswith(".py") for word in config.args))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if item.path.stem == "test_claims" or report.when == "teardown" or report.skipped:
        return
    if report.when == "call" or report.failed:
        params = item.callspec.params if hasattr(item, "callspec") else {}
        program = params.get("program")
        item.config.stash[LEDGER].note_test(
            program or item.originalname, params.get("machine"), report.passed,
            report.capstdout, None if program else item.path.name)


def pytest_sessionfinish(session):
    config = session.config
    if complete(config) and session.testscollected and not (
            session.shouldstop or session.shouldfail or session.exitstatus > 1):
        config.stash[LEDGER].write(TOP / "docs")


def pytest_terminal_summary(terminalreporter, config):
    if config.option.collectonly:
        absent = [claim for claim in ALL if padded(claim) not in config.stash[CLAIMED]]
        terminalreporter.line(f"no test carries the id of {', '.join(absent) or 'none'}")
    if not complete(config):
        return
    ledger = config.stash[LEDGER]
    good = [claim for claim in ALL if ledger.verdict(claim) == "pass"]
    terminalreporter.section("claims")
    terminalreporter.line(f"{len(good)} of {len(ALL)} proved: docs/properties.md, docs/cases.md")
    for claim in ALL:
        if claim not in good:
            terminalreporter.line(f"{claim}: {ledger.verdict(claim)}")
