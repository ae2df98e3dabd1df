"""In which form result files hold what is in them: another one would not read yesterday's."""

import json
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray
from waferloop.errors import UserError
from waferloop.experiment import store
from waferloop.experiment.store import Origin

ORIGIN = Origin("loop", (("iteration", "0003"), ("run", "0")), "abc")


@dataclass(frozen=True)
class Plain:
    name: str
    role: Literal["input", "output"]
    size: int


@dataclass(frozen=True)
class Deep:
    values: NDArray[np.float64]
    plain: Plain


@dataclass(frozen=True)
class Whole:
    number: int
    pair: tuple[int, ...]
    arrays: list[NDArray[np.float64]]
    one: tuple[Plain, ...]
    deep: tuple[Deep, ...]
    nothing: NDArray[np.int64] | None
    by_name: dict[str, NDArray[np.float64]]
    lists: dict[str, list[NDArray[np.float64]]]
    texts: dict[str, Any]


PLAIN = Plain("a", "input", 3)
WHOLE = Whole(
    7,
    (1, 2),
    [np.zeros(2), np.ones((1, 2))],
    (PLAIN,),
    (Deep(np.arange(2.0), PLAIN), Deep(np.arange(3.0), PLAIN)),
    None,
    {"E_l": np.ones(2), "x_1": np.array(2.0)},
    {"mean": [np.ones(2)], "square": [np.zeros(1), np.ones(1)]},
    {"z": [1, 2], "a": []},
)


def test_names_of_the_arrays():
    found = store.flatten(WHOLE)
    assert list(found) == [
        "number", "pair", "arrays_0", "arrays_1", "one.name", "one.role", "one.size",
        "deep_0.values", "deep_0.plain.name", "deep_0.plain.role", "deep_0.plain.size",
        "deep_1.values", "deep_1.plain.name", "deep_1.plain.role", "deep_1.plain.size",
        "by_name.E_l", "by_name.x_1", "lists.mean_0", "lists.square_0", "lists.square_1", "texts",
    ]  # fmt: skip
    assert found["one.name"].tolist() == ["a"]
    assert str(found["texts"]) == '{"a": [], "z": [1, 2]}'
    back = store.unflatten(Whole, found)
    assert (back.number, back.pair, back.one, back.nothing) == (7, (1, 2), (PLAIN,), None)
    assert [part.plain for part in back.deep] == [PLAIN, PLAIN]
    assert [part.values.tolist() for part in back.deep] == [[0, 1], [0, 1, 2]]
    assert {name: part.tolist() for name, part in back.by_name.items()} == {
        "E_l": [1, 1],
        "x_1": 2,
    }
    assert {name: [a.tolist() for a in part] for name, part in back.lists.items()} == {
        "mean": [[1, 1]],
        "square": [[0], [1]],
    }
    assert back.texts == WHOLE.texts


def test_the_content_counts_and_not_its_order():
    one = {"a": np.arange(6.0).reshape(2, 3), "metrics": np.array('{"x": 1, "y": 2}')}
    other = {"metrics": np.array('{"y": 2, "x": 1}'), "a": np.asfortranarray(one["a"])}
    expected = store.content_hash(one)
    assert store.content_hash(other) == expected
    changes = {
        "value": one["a"] + 1e-12,
        "shape": one["a"].reshape(3, 2),
        "type": one["a"].astype(np.float32),
    }
    for change in changes.values():
        assert store.content_hash({**one, "a": change}) != expected
    assert store.content_hash({"b": one["a"], "metrics": one["metrics"]}) != expected


def test_a_missing_part_is_named(tmp_path):
    arrays = store.flatten(WHOLE)
    del arrays["deep_0.plain.role"]
    store.save_arrays(tmp_path / "a.npz", arrays, ORIGIN)
    with pytest.raises(UserError, match=r"a\.npz: holds no 'deep_0\.plain\.role'; delete it"):
        store.load(tmp_path / "a.npz", Whole)


def test_arrays_can_be_read_whatever_made_them(tmp_path):
    store.save_arrays(tmp_path / "a.npz", {"x": np.arange(3)}, ORIGIN)
    ((name, array),) = store.load_arrays(tmp_path / "a.npz").items()
    assert (name, array.tolist()) == ("x", [0, 1, 2])


def test_objects_are_neither_written_nor_read(tmp_path):
    objects = {"x": np.array([{}], object)}
    with pytest.raises(ValueError, match="allow_pickle"):
        store.save_arrays(tmp_path / "a.npz", objects, ORIGIN)
    np.savez(tmp_path / "b.npz", **objects, seal=np.array("none"), about=np.array("{}"))
    with pytest.raises(UserError, match=r"b\.npz: damaged"):
        store.load_arrays(tmp_path / "b.npz")


def test_a_file_without_its_seal_is_damaged(tmp_path):
    store.save(tmp_path / "a.npz", PLAIN, ORIGIN)
    with np.load(tmp_path / "a.npz") as archive:
        arrays = dict(archive)
    assert arrays.pop("seal").shape == ()
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(UserError, match=r"a\.npz: damaged .*hash"):
        store.load(tmp_path / "a.npz", Plain, ORIGIN)


def test_a_table_has_the_columns_of_its_first_row(tmp_path):
    rows = iter([{"n": 1, "name": "a,b"}, {"name": "", "n": 2.5}])
    store.write_csv(tmp_path / "a.csv", rows)
    assert (tmp_path / "a.csv").read_bytes() == b'n,name\n1,"a,b"\n2.5,\n'
    with pytest.raises(ValueError, match="other"):
        store.write_csv(tmp_path / "b.csv", [{"n": 1}, {"other": 2}])


def test_numbers_of_numpy_are_arrays_and_plain_ones_are_not():
    flat = store.flatten({"a": [np.float64(1.0), np.float64(2.0)]})
    assert list(flat) == ["a_0", "a_1"]
    (text,) = store.flatten({"a": [1.0, 2.0]}).values()
    assert json.loads(str(text)) == {"a": [1.0, 2.0]}
