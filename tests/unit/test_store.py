"""Result files prove themselves."""

from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import numpy as np
import pytest
import waferloop
from numpy.typing import NDArray
from typing_extensions import TypeAliasType
from waferloop.errors import UserError
from waferloop.experiment import files, store, texts
from waferloop.experiment.job import Job
from waferloop.experiment.store import Origin
from waferloop.learning.checkpoint import Checkpoint
from waferloop.network import Network

ORIGIN = Origin("loop", (("iteration", "0003"), ("run", "0")), "abc")


@pytest.fixture
def state():
    random = np.random.default_rng(0)
    shapes = ((5, 4), (4, 2))
    return Checkpoint(
        3,
        [random.random(s) for s in shapes],
        {"velocities": [random.random(s) for s in shapes]},
        [random.integers(-15, 16, s).astype(np.int8) for s in shapes],
        1.5,
        {"hidden_1": np.array(3.0), "output": np.array(4.0)},
        {"loss": 0.5, "seconds": 1.0},
    )


def same(one, other):
    first, second = store.flatten(one), store.flatten(other)
    assert first.keys() == second.keys()
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name])
        assert array.dtype == second[name].dtype


def test_round_trip(tmp_path, state):
    folder = tmp_path / "results/a/runs/0/epochs"
    folder.mkdir(parents=True)
    path = folder / "0003.npz"
    store.save(path, state, ORIGIN)
    for loaded in (store.load(path, Checkpoint, ORIGIN), waferloop.load(path)):
        assert (loaded.iteration, loaded.metrics) == (3, state.metrics)
        same(loaded, state)
    assert [p.name for p in folder.iterdir()] == ["0003.npz"]


def test_people_load_any_result_file(tmp_path):
    folder = tmp_path / "results/a/runs/0"
    folder.mkdir(parents=True)
    table, summary = folder / "loop.csv", folder.parents[1] / "summary.json"
    texts.save(table, b"iteration,loss\n1,0.5\n", Origin("loop_table", (), ""))
    texts.save(summary, b'{"runs": 2}\n', Origin("summary", (), ""))
    assert waferloop.load(table)["loss"].tolist() == [0.5]
    assert waferloop.load(str(summary)) == {"runs": 2}
    table.write_text("iteration,loss\n1,0.4\n")
    with pytest.raises(UserError, match=r"loop\.csv: not what was written"):
        waferloop.load(table)
    with pytest.raises(UserError, match=r"0007\.npz: is not there"):
        waferloop.load(folder / "epochs/0007.npz")
    with pytest.raises(UserError, match=r"other\.npz: no result file"):
        waferloop.load("other.npz")


@dataclass(frozen=True)
class Plain:
    name: str
    size: int


@dataclass(frozen=True)
class Everything:
    network: Network
    pair: tuple[int, int]
    none: NDArray[np.int64] | None
    some: NDArray[np.int64] | None
    plain: tuple[Plain, ...]
    nothing: tuple[Plain, ...]
    by_name: dict[str, NDArray[np.float64]]
    state: dict[str, list[NDArray[np.float64]]]
    empty: dict[str, NDArray[np.float64]]
    metrics: dict[str, Any]
    share: float
    right: bool


def test_whatever_a_result_is_made_of_comes_back(tmp_path):
    value = Everything(
        Network.dense(3, 4, 2),
        (4, 5),
        None,
        np.arange(3),
        (Plain("a", 1), Plain("b", 2)),
        (),
        {"E_l": np.ones(2), "V_t": np.zeros(3)},
        {"mean": [np.ones(2), np.ones((2, 3))], "updates": [np.array(3.0)]},
        {},
        {"spikes": [1.0, 2.0], "none": None},
        0.25,
        True,
    )
    store.save(tmp_path / "a.npz", value, ORIGIN)
    found = store.load(tmp_path / "a.npz", Everything, ORIGIN)
    same(found, value)
    assert found.network == value.network
    for name in ("pair", "none", "plain", "nothing", "empty", "metrics", "share", "right"):
        assert getattr(found, name) == getattr(value, name)
    assert [part.shape for part in found.state["mean"]] == [(2,), (2, 3)]


Item = TypeVar("Item", bound=np.generic)
# what NDArray is from NumPy 2.5 on
Statement = TypeAliasType("Statement", np.ndarray[Any, np.dtype[Item]], type_params=(Item,))


@dataclass(frozen=True)
class OfNewNumpy:
    array: Statement[np.int64]
    arrays: tuple[Statement[np.int64], ...]
    by_name: dict[str, Statement[np.float64]]
    perhaps: Statement[np.int64] | None


def test_arrays_come_back_whatever_numpy_calls_their_type(tmp_path):
    value = OfNewNumpy(np.arange(3), (np.arange(4),), {"a": np.ones(2)}, np.arange(5))
    store.save(tmp_path / "a.npz", value, ORIGIN)
    same(store.load(tmp_path / "a.npz", OfNewNumpy, ORIGIN), value)


def test_damaged_files_are_noticed(tmp_path, state):
    path = tmp_path / "0003.npz"
    store.save(path, state, ORIGIN)
    whole = path.read_bytes()
    values = whole.find(state.weights[0].tobytes())
    assert values > 0
    flipped = whole[:values] + bytes([whole[values] ^ 1]) + whole[values + 1 :]
    for broken in (whole[:-1], whole[: len(whole) // 2], b"", flipped):
        path.write_bytes(broken)
        with pytest.raises(UserError, match=r"0003\.npz: damaged.*delete it"):
            store.load(path, Checkpoint, ORIGIN)
    path.unlink()
    with pytest.raises(UserError, match=r"0003\.npz: is not there"):
        store.load(path, Checkpoint, ORIGIN)


@pytest.fixture
def job(tmp_path, monkeypatch):
    """Makes iterations of a run."""
    monkeypatch.chdir(tmp_path)
    wildcards = SimpleNamespace(experiment="x", run="0", iteration="0005")
    params = SimpleNamespace(identities={"loop": "abc"})
    Path(files.path("checkpoint", "x", run=0, iteration=3)).parent.mkdir(parents=True)
    return Job(SimpleNamespace(wildcards=wildcards, params=params))


def test_a_checkpoint_makes_room_for_the_next_and_its_measurements_stay(job, state):
    def there():
        return [
            n for n in range(7) if Path(files.path("checkpoint", "x", run=0, iteration=n)).exists()
        ]

    # what the job was given, and what another has made that was interrupted
    for iteration in (1, 2, 3):
        job.save_checkpoint(replace(state, iteration=iteration), first=iteration)
    assert there() == [1, 2, 3]
    latest = job.latest_checkpoint(range(2, 5))
    same(latest, replace(state, iteration=3))
    assert job.latest_checkpoint(range(4, 5)) is None
    for iteration in (4, 5, 6):
        job.save_checkpoint(replace(state, iteration=iteration), first=2)
        assert there() == [1, 2, iteration]
    assert there() == [1, 2, 6]
    assert [job.measured(n) for n in range(1, 7)] == 6 * [state.metrics]


def test_a_job_says_how_measurements_within_a_chain_are_made_again(job, state):
    job.save_checkpoint(replace(state, iteration=3), first=2)
    with pytest.raises(UserError, match=r"0004\.npz: is not there.*later checkpoints"):
        job.measured(4)


@pytest.mark.parametrize("name", ["weights_0", "about"])
def test_changed_contents_are_noticed(tmp_path, state, name):
    path = tmp_path / "0003.npz"
    store.save(path, state, ORIGIN)
    with np.load(path) as archive:
        arrays = dict(archive)
    if name == "about":
        arrays[name] = np.array(str(arrays[name]).replace('"0"', '"1"'))
    else:
        arrays[name] = arrays[name] + 1e-9
    np.savez(path, **arrays)
    with pytest.raises(UserError, match="does not match its hash"):
        store.load(path, Checkpoint, ORIGIN)


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        (Origin("loop", ORIGIN.where, "xyz"), "another config, other data or another version"),
        (Origin("software", ORIGIN.where, "abc"), "holds loop iteration 0003 run 0"),
        (Origin("loop", (("iteration", "0003"), ("run", "1")), "abc"), "run 0, which belongs"),
        (Origin("loop", (("iteration", "0004"), ("run", "0")), "abc"), "iteration 0003"),
    ],
)
def test_what_something_else_made_is_refused(tmp_path, state, origin, words):
    store.save(tmp_path / "a.npz", state, ORIGIN)
    with pytest.raises(UserError, match=words):
        store.load(tmp_path / "a.npz", Checkpoint, origin)


def test_wall_time_does_not_change_the_content_hash():
    def hashed(text):
        return store.content_hash({"metrics": np.array(text)})

    assert hashed('{"loss": 1, "seconds": 1}') == hashed('{"loss": 1, "seconds": 2}')
    assert hashed('{"loss": 1, "seconds": 1}') != hashed('{"loss": 2, "seconds": 1}')


@pytest.mark.parametrize("name", files.FILES)
def test_a_path_says_which_file_it_is(name):
    where = {
        "run": 3, "state": "converted", "iteration": 7, "wafer": 1, "hicann": 20,
        "figure": "accuracy", "kind": "svg",
    }  # fmt: skip
    path = files.path(name, "x/sweep/loop.batch=3", **where)
    assert "{" not in path
    place = files.place(path)
    assert (place.name, place.experiment) == (name, "x/sweep/loop.batch=3")
    assert files.path(name, place.experiment, **dict(place.where)) == path
    assert files.place(f"/elsewhere/{path}") == place


def test_numbers_in_paths_have_their_digits():
    assert files.path("hicann", "x", wafer=0, hicann=7) == "results/x/calibration/w0-h007.npz"
    checkpoint = "results/x/runs/3/epochs/0007.npz"
    assert files.path("checkpoint", "x", run=3, iteration=7) == checkpoint
    assert files.path("hicann", "x", wafer=0) == "results/x/calibration/w0-h{hicann}.npz"
    assert files.place(checkpoint).where == (("iteration", "0007"), ("run", "3"))
    with pytest.raises(KeyError, match="results/x/unknown"):
        files.place("results/x/unknown")


def test_evaluations_after_the_loop_are_a_stage_of_their_own():
    path = files.path("evaluation", "x", run=0, state="in_the_loop")
    assert files.place(path).file.stage == "final"
