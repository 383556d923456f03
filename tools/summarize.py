"""Prints 'N passed, N failed, N skipped' over ctest runs. usage: summarize.py CTEST.xml...

Each file is ctest's JUnit report of one build folder. A ctest entry that ran many cases left a
report of its own in the folder's test-results, and those cases are counted in its place.
A report that does not exist counts as one failure.
"""

import pathlib
import sys
import xml.etree.ElementTree as ET

PASSED, FAILED, SKIPPED = range(3)


def outcome(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return FAILED
    if case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
        return SKIPPED
    return FAILED if case.get("status") == "fail" else PASSED


def count(cases):
    counts = [0, 0, 0]
    for case in cases:
        counts[outcome(case)] += 1
    return counts


def entry_counts(entry, results):
    """A ctest entry's own cases if its report is there and agrees with its verdict."""
    whole = count([entry])
    report = results / f"{entry.get('name')}.xml"
    if whole[SKIPPED] or not report.exists():
        return whole
    try:
        inner = count(ET.parse(report).getroot().iter("testcase"))
    except ET.ParseError:
        return whole
    consistent = sum(inner) > 0 and bool(inner[FAILED]) == bool(whole[FAILED])
    return inner if consistent else whole


def main():
    total = [0, 0, 0]
    for path in map(pathlib.Path, sys.argv[1:]):
        if not path.exists():
            total[FAILED] += 1
            continue
        for entry in ET.parse(path).getroot().iter("testcase"):
            for kind, number in enumerate(entry_counts(entry, path.parent / "test-results")):
                total[kind] += number
    print(f"{total[PASSED]} passed, {total[FAILED]} failed, {total[SKIPPED]} skipped")
    sys.exit(1 if total[FAILED] or not total[PASSED] else 0)


if __name__ == "__main__":
    main()
