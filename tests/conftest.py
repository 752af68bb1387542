"""For every test: when its turn is, where it finds the helpers, and how a failed one is
repeated."""

import os
import sys

import pytest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(__file__))

pytest_plugins = ["ledger"]     # watches who proves what

# What is cheap and points close to the mistake comes first.
ORDER = ["test_host", "test_layers", "test_run", "test_boot", "test_mcp", "test_guest"]
LAST = ["test_claims"]          # judges what the others have shown


def pytest_collection_modifyitems(items):
    names = ORDER + sorted({item.path.stem for item in items} - set(ORDER + LAST)) + LAST
    items.sort(key=lambda item: names.index(item.path.stem))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Say with each failure the command that repeats it alone."""
    report = (yield).get_result()
    if report.failed:
        report.sections.append(("to repeat this test alone", f"make test T='{item.name}'"))
