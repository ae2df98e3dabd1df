"""YAML is read as people mean it, or refused with its line."""

import json
import math
import string
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from waferloop.errors import UserError
from waferloop.settings.reading import parsed


def refused(text):
    with pytest.raises(UserError) as error:
        parsed(text, "mine.yaml")
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0), ("-7", -7), ("+7", 7), ("1_000", 1000), ("0x1F", 31), ("0b11", 3), ("0o17", 15),
        ("1e-3", 0.001), ("1E5", 1e5), ("1e+5", 1e5), (".5", 0.5), ("5.", 5.0), ("-.5e1", -5.0),
        ("1_000.5", 1000.5), ("0.5", 0.5), ("-0.0", 0.0), (".inf", math.inf), ("-.inf", -math.inf),
        ("true", True), ("False", False), ("", None), ("~", None), ("null", None),
        # these are texts, whatever YAML 1.1 makes of them
        ("no", "no"), ("Yes", "Yes"), ("on", "on"), ("OFF", "OFF"), ("2024-01-01", "2024-01-01"),
        ("=", "="), ("1:99", "1:99"), ("1__0", "1__0"), ("1_", "1_"), ("_1", "_1"), ("e5", "e5"),
        ("1e", "1e"), ("1.2.3", "1.2.3"), ("nan", "nan"), ("٣", "٣"), ("5 %", "5 %"),
        ("0,5", "0,5"),
        ("'010'", "010"), ('"1:30"', "1:30"), ("'1e-3'", "1e-3"), ("!!str 010", "010"),
        ("[1, 1e3, no]", [1, 1000.0, "no"]),
        ("a: {b: .5}", {"a": {"b": 0.5}}),
        ("{a: &x {b: 1, c: 1}, d: {<<: *x, b: 2}}", {"a": {"b": 1, "c": 1}, "d": {"b": 2, "c": 1}}),
    ],
)  # fmt: skip
def test_values_are_what_a_person_means(text, value):
    assert parsed(text) == value
    assert type(parsed(text)) is type(value)


def test_not_a_number_is_one_of_the_numbers_for_its_key_to_refuse():
    assert math.isnan(parsed(".nan"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("010", ["line 1", "010 could be octal", "write 10 "]),
        ("a: 1\nb: [2, -007]", ["line 2", "-007 could be octal", "write -7 "]),
        ("00", ["write 0 "]),
        ("0_10", ["write 10 "]),
        ("08", ["octal", "write 8 "]),
        ("1:30", ["line 1", "1:30", "60"]),
        ("t: 12:30:45.5", ["12:30:45.5", "60"]),
        ("!!int 010", ["010"]),
        ("!!int x", ["whole number"]),
        ("!!int [1]", ["scalar"]),
        ("!!float 1:30", ["1:30"]),
        ("9" * 5000, ["whole number"]),
        ("a: 1\nb: 2\na: 3", ["line 3", "key a is there twice", "line 1"]),
        ("a: {b: 1,\n c: 2, 'b': 3}", ["line 2", "key b", "line 1"]),
        ('{"a": 1, "a": 2}', ["key a"]),
        ("{1: 2, 0x1: 3}", ["key 1"]),
        ("- {a: 1}\n- {a: 1, a: 1}", ["line 2", "key a"]),
        ("{a: &x {b: 1}, <<: *x, <<: *x}", ["key <<"]),
        ("? [1]\n: 2", ["line 1", "key has to be a text"]),
        ("&a [*a]", ["line 1", "recursive"]),
        ("a: *b", ["line 1", "'b'"]),
        ("!!python/object/apply:os.system [x]", ["line 1", "python"]),
        ("!!set {a}", ["line 1", "set"]),
        ("!!binary aGk=", ["binary"]),
        ("!mine 3", ["!mine"]),
        ("a: 1\n\tb: 2", ["line 2", "\\t"]),
        ("a: [1\nb: 2", ["mine.yaml, line"]),
        ("a: b: c", ["line 1", "mapping values"]),
        ("a: 1\n---\nb: 2", ["line 2", "another document"]),
        ("a\0b", ["mine.yaml", "#x0000"]),
        ("[" * 5000, ["nested"]),
    ],
)  # fmt: skip
def test_what_has_two_meanings_or_none_is_refused_with_its_line(text, words):
    message = refused(text)
    assert message.startswith("mine.yaml")
    assert [word for word in words if word not in message] == []
    assert "\n" not in message


@given(st.text())
def test_any_text_is_read_or_refused(text):
    with suppress(UserError):
        parsed(text)


numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(string.printable[:95]),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("abcdef"), inner),
    max_leaves=8,
)  # fmt: skip


@given(values)
def test_json_is_read_too(value):
    assert parsed(json.dumps(value)) == value
