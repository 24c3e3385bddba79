"""A key that stands twice is found in any JSON text, however it is spaced, escaped and nested."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from creditbus.runtime.http.bodies import read_json
from creditbus.runtime.http.problems import Malformed

SPACE = st.sampled_from(["", "", "", " ", "\n\t"])
TEXTS = st.text(alphabet='ab":\\, {}é', max_size=4)
Value = Any


def written(text: str, *, is_escaped: bool) -> str:
    return json.dumps(text, ensure_ascii=is_escaped)


@st.composite
def texts(draw: st.DrawFn, value: Value) -> str:
    """Draw one way to write a value down."""
    space = draw(SPACE)
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        pairs = [
            f"{space}{written(key, is_escaped=draw(st.booleans()))}{draw(SPACE)}:{space}"
            f"{draw(texts(each))}"
            for key, each in value
        ]
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(draw(texts(each)) for each in value) + f"{space}]"
    return written(value, is_escaped=draw(st.booleans())) if isinstance(value, str) else str(value)


VALUES = st.recursive(
    TEXTS | st.integers(0, 9),
    lambda inner: (
        st.lists(st.tuples(TEXTS, inner), min_size=1, max_size=4) | st.lists(inner, max_size=3)
    ),
    max_leaves=8,
)
OBJECTS = st.lists(st.tuples(TEXTS, VALUES), min_size=1, max_size=5)


def has_twice(value: Value) -> bool:
    if not isinstance(value, list):
        return False
    if not (value and isinstance(value[0], tuple)):
        return any(has_twice(each) for each in value)
    keys = [key for key, _ in value]
    return len(set(keys)) < len(keys) or any(has_twice(each) for _, each in value)


@given(st.data(), OBJECTS)
def test_a_key_that_stands_twice_is_refused_and_no_other(
    data: st.DataObject, value: list[tuple[str, Value]]
) -> None:
    body = data.draw(texts(value)).encode()
    refused = ""
    try:
        read_json(body, dict)
    except Malformed as told:
        refused = told.reason
    assert refused == ("KEY_TWICE" if has_twice(value) else "")
