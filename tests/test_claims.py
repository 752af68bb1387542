"""Each claim has a test that ran and passed; runs last.

test_claim[S01] is where a reader finds S1, and docs/cases.md says which test that is.
"""

import pytest

from claims import ALL, claims_of, padded
from ledger import LEDGER, Ledger, complete


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: padded(claim).upper())
def test_claim(claim, request):
    ledger = request.config.stash[LEDGER]
    print(*sorted(ledger.proofs[claim]), ledger.figure(claim), sep="\n")
    if not ledger.proofs[claim] and not complete(request.config):
        pytest.skip("its tests were not picked")
    assert ledger.verdict(claim) == "pass"


# ---- the ledger itself ---------------------------------------------------------------------

def test_ids_are_read_from_names():
    assert claims_of("t-p03-steal-same-frame") == ["P3"]
    assert claims_of("r02_r04_hint") == ["R2", "R4"]
    assert claims_of("test_s05_dirtied") == ["S5"]
    assert claims_of("t-m1-bystander") == ["M1"]
    assert claims_of("p99_is_no_claim") == claims_of("t-d04-not-stolen") == []
    assert claims_of("t-preempt") == claims_of("test_find") == []


@pytest.fixture(name="ledger")
def empty_ledger():
    return Ledger()


def test_what_is_not_there_is_no_proof(ledger):
    assert ledger.verdict("S1") == "no test"
    ledger.note_test("t-x", "instant", True, "PASS s01_moved\nPASS s02_copied\n")
    assert ledger.verdict("S1") == ledger.verdict("S2") == "pass"
    assert ledger.verdict("S3") == "no test"


def test_one_failure_anywhere_counts(ledger):
    ledger.note_test("t-x", "instant", True, "PASS s01_moved\n")
    ledger.note_test("t-x", "latency", False, "FAIL s01_moved: t-x.c:9: a == b\n")
    assert ledger.verdict("S1") == "fails: t-x: s01_moved"
    ledger.note_test("t-s02-x", "instant", True, "PASS one\n")
    ledger.note_test("t-s02-x", "virtio", False, "")
    assert ledger.verdict("S2") == "fails: t-s02-x"


def test_a_case_that_could_not_look_is_no_proof(ledger):
    ledger.note_test("t-s04-x", "instant", True, "note s06_x: no latency\nPASS s06_x\n")
    assert ledger.verdict("S4") == ledger.verdict("S6") == "no test"
    ledger.note_test("t-s04-x", "latency", True, "PASS s06_x\n")
    assert ledger.verdict("S4") == ledger.verdict("S6") == "pass"


def test_a_property_needs_a_figure(ledger):
    ledger.note_test("t-p01-x", "instant", True, "PASS a\n")
    assert ledger.verdict("P1") == "nothing measured"
    ledger.note_test("t-p01-x", "instant", True, "MEASURE p01 5 pages\nPASS a\n")
    ledger.note_test("t-p01-x", "virtio", True, "MEASURE p01 7 pages\nPASS a\n")
    ledger.note_test("t-p01-x", "latency", True, "MEASURE p01 6 pages\nPASS a\n")
    assert ledger.verdict("P1") == "pass"
    assert ledger.figure("P1") == "6 pages"
    assert "| P1 | `readahead`" in ledger.properties()
    assert "| `t-p01-x` | 6 pages | pass |" in ledger.properties()
    assert "# Properties: 1 of 22" in ledger.properties()


def test_host_cases_count(ledger):
    ledger.note_test("test_pcache", None, True, "[       OK ] test_s05_dirtied\n")
    assert ledger.verdict("S5") == "pass"
    ledger.note_test("test_pcache", None, False, "[  FAILED  ] test_s05_dirtied\n")
    assert ledger.verdict("S5").startswith("fails")
