"""Long runs show where they are: HAGANE_PROGRESS names a file that gets a line for each test."""

import os
import pathlib

import pytest
from generator import Generators

PROGRESS = os.environ.get("HAGANE_PROGRESS")
SHOWN = {"count": 0, "of": 0}


def show(text, mode="a"):
    if PROGRESS:
        with open(PROGRESS, mode) as file:
            file.write(text + "\n")


def pytest_collection_finish(session):
    SHOWN["of"] = len(session.items)
    show(f"{SHOWN['of']} tests", "w")


def pytest_runtest_logreport(report):
    if report.when == "call" or (report.when == "setup" and not report.passed):
        SHOWN["count"] += 1
        name = report.nodeid.split("::")[-1]
        show(f"{SHOWN['count']}/{SHOWN['of']} {report.outcome} {name} ({report.duration:.1f} s)")
        if report.failed:
            show(f"    {pathlib.Path(str(report.fspath)).name}: {report.longreprtext[-600:]}")


@pytest.fixture(scope="session")
def generators(request, tmp_path_factory):
    running = Generators(request.session.items, tmp_path_factory.mktemp("generated"))
    yield running
    running.end()
