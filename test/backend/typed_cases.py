"""The cases of each pair of operator and element type, and what is said of them in types.csv."""

import csv
import dataclasses
import fnmatch
import functools
import os
import pathlib

import cast_cases
import edge_cases
import handlers
import made_cases
import pairs
import retype
import suite
import typed_run

HERE = pathlib.Path(__file__).parent
# Every case of ONNX's suite with every type instead of one for each type.
ALL = bool(os.environ.get("HAGANE_ALL_TYPES"))
GROUP = 24  # cases that are compiled together


@dataclasses.dataclass
class Row:
    """Of types.csv: cases that are refused or that nothing can be compared with."""

    operator: str
    parameter: str
    type: str
    case: str
    outcome: str
    reason: str

    def covers(self, pair, case):
        return all(map(fnmatch.fnmatchcase, (pair.operator, pair.parameter, pair.type, case),
                       (self.operator, self.parameter, self.type, self.case)))


@functools.cache
def load_rows():
    with open(HERE / "types.csv", newline="") as file:
        return [Row(**row) for row in csv.DictReader(file)]


def row_of(pair, case):
    return next((row for row in load_rows() if row.covers(pair, case)), None)


@functools.cache
def compiled_pairs():
    """Those of operators that are compiled at all."""
    known = handlers.read_handlers()
    return [pair for pair in pairs.newest_pairs()
            if not handlers.reason_of((pair.domain, pair.operator), known)]


def cases_of(pair, all_cases=ALL):
    """Cases by name."""
    cases = {}
    if made := made_cases.make(pair):
        cases["made"] = made
    else:
        for case in pairs.node_cases().get((pair.domain, pair.operator), ()):
            if (typed := retype.retype(pair, case)) is not None:
                cases[case.name] = typed
                if not all_cases:
                    break
    cases = {name: edge_cases.fill_edges(pair, case) for name, case in cases.items()}
    if (pair.operator, pair.parameter) == ("Cast", "T1") and not row_of(pair, "made"):
        cases["to all types"] = cast_cases.cast_case(pair)
    return cases | {f"edges {i}": case for i, case in enumerate(edge_cases.edge_cases(pair))}


def run_cases(cases, alone=()):
    """Outcomes and messages by name; those in `alone` are not compiled with others."""
    together = [name for name in cases if name not in alone]
    groups = [together[i:i + GROUP] for i in range(0, len(together), GROUP)]
    groups += [[name] for name in alone]
    outcomes = {}
    # What a group that dies was at is found by taking its cases one by one.
    for step in (groups, None):
        if step is None:
            step = [[name] for name in cases if name not in outcomes]
        functions = {f"{i}": functools.partial(run_group, {name: cases[name] for name in group})
                     for i, group in enumerate(step)}
        for result in suite.run_suite(functions, list(functions)):
            if result.passed:
                outcomes |= result.value
            elif len(group := step[int(result.name)]) == 1:
                outcomes[group[0]] = "crash", result.message
    return outcomes


def run_group(cases, test_case):
    results = typed_run.run_together(list(cases.values()))
    return {name: typed_run.judge(case, of_case)
            for (name, case), of_case in zip(cases.items(), results)}
