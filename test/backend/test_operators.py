"""Every operator of ONNX is compiled or refused for a stated reason, and documented."""

import collections
import re

import operators
from onnx import defs

HANDLERS = operators.read_handlers()


def test_every_operator_is_handled_or_refused():
    assert not list(operators.missing(HANDLERS))


def test_what_is_not_handled_exists():
    known = {(schema.domain, schema.name) for schema in defs.get_all_schemas()}
    for key in operators.UNHANDLED:
        assert key in known and key not in HANDLERS, key


def test_page_is_current():
    """All but the numbers of cases and the types in them, which take a minute to count."""
    none = operators.write_page(collections.Counter(), collections.defaultdict(set))
    page = re.sub(r"\| \d+ \| [a-z0-9, ]*\|$", "| 0 |  |", operators.PAGE.read_text(), flags=re.M)
    assert page == none, "docs/operators.md is old: run python test/backend/operators.py"
