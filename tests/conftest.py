"""For every test: where it finds the helpers, and how a failed one is repeated."""

import os
import sys

import pytest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(__file__))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Say with each failure the command that repeats it alone."""
    report = (yield).get_result()
    if report.failed:
        report.sections.append(("to repeat this test alone", f"make test T='{item.name}'"))
