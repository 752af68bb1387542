"""docs/walk.md: every command of the guide, executed, and every answer compared."""

import sys

import pytest

from magpie import TOP

sys.path.insert(0, str(TOP / "tools"))

import guide                            # noqa: E402

pytestmark = pytest.mark.guest

LINES = (TOP / "docs/walk.md").read_text().splitlines()
SESSIONS = guide.parse(LINES)


def test_the_guide_is_whole():
    """Both kinds of session; each command answered, but those that say nothing."""
    assert [words for words, _ in SESSIONS] == [["--icount"], ["--reverse"]]
    steps = [step for _, steps in SESSIONS for step in steps]
    silent = {step.command for step in steps if step.first == step.end}
    assert len(steps) > 70 and silent <= {"delete", "quit"}


@pytest.mark.parametrize("session", SESSIONS, ids=["forwards", "backwards"])
def test_walk(session):
    words, steps = session
    answers = guide.execute(words, steps)
    assert len(answers) == len(steps), answers[-1:]
    for step, answer in zip(steps, answers):
        shown = guide.masked(LINES[step.first:step.end])
        assert guide.masked(answer) == shown, f"docs/walk.md:{step.first}: {step.command}\n" \
            "make guide renews what it shows"
