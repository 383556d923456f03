"""Every operator of ONNX is compiled or refused for a stated reason, and documented."""

import collections
import re

import handlers
import operators
from onnxruntime.capi import onnxruntime_pybind11_state

HANDLERS = handlers.read_handlers()


def test_every_operator_is_handled_or_refused():
    assert not list(handlers.missing(HANDLERS))


def test_operators_of_onnxruntime():
    """Those of com.microsoft too, and what has a reason exists and is not compiled."""
    known = {(schema.domain, schema.name) for schema in onnxruntime_pybind11_state.get_all_operator_schema()
             if schema.domain == "com.microsoft"}
    unhandled = {key for key in known if key not in HANDLERS}
    assert unhandled == {key for key in handlers.UNHANDLED if key[0] == "com.microsoft"}


def test_page_is_current():
    """All but the numbers of cases and the types in them, which take a minute to count."""
    none = operators.write_page(collections.Counter(), collections.defaultdict(dict))
    page = re.sub(r"\| \d+ \| [a-z0-9, ]*\|$", "| 0 |  |", operators.PAGE.read_text(), flags=re.M)
    assert page == none, "docs/operators.md is old: run python test/backend/operators.py"
