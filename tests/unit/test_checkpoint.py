"""Checkpoints prove themselves."""

import numpy as np
import pytest
from waferloop.errors import UserError
from waferloop.learning import checkpoint
from waferloop.learning.checkpoint import Checkpoint


@pytest.fixture
def state():
    random = np.random.default_rng(0)
    shapes = ((5, 4), (4, 2))
    return Checkpoint(
        3,
        [random.random(s) for s in shapes],
        [random.random(s) for s in shapes],
        [random.integers(-15, 16, s).astype(np.int8) for s in shapes],
        np.array([3.0, 4.0]),
        {"loss": 0.5, "seconds": 1.0},
        "abc",
    )


def test_round_trip(tmp_path, state):
    path = tmp_path / "0003.npz"
    checkpoint.save(path, state)
    loaded = checkpoint.load(path, "abc")
    assert loaded.iteration == 3
    assert loaded.metrics == state.metrics
    for name in ("weights", "velocities", "codes"):
        for one, other in zip(getattr(state, name), getattr(loaded, name), strict=True):
            np.testing.assert_array_equal(one, other)
            assert one.dtype == other.dtype
    assert [p.name for p in tmp_path.iterdir()] == ["0003.npz"]


def test_damaged_files_are_noticed(tmp_path, state):
    path = tmp_path / "0003.npz"
    checkpoint.save(path, state)
    whole = path.read_bytes()
    values = whole.find(state.weights[0].tobytes())
    assert values > 0
    flipped = whole[:values] + bytes([whole[values] ^ 1]) + whole[values + 1 :]
    for broken in (whole[:-1], whole[: len(whole) // 2], b"", flipped):
        path.write_bytes(broken)
        with pytest.raises(UserError, match="damaged"):
            checkpoint.load(path, "abc")


def test_changed_contents_are_noticed(tmp_path, state):
    path = tmp_path / "0003.npz"
    checkpoint.save(path, state)
    with np.load(path) as archive:
        arrays = dict(archive)
    arrays["weights_0"] = arrays["weights_0"] + 1e-9
    np.savez(path, **arrays)
    with pytest.raises(UserError, match="does not match its hash"):
        checkpoint.load(path, "abc")


def test_another_config_is_refused(tmp_path, state):
    checkpoint.save(tmp_path / "a.npz", state)
    with pytest.raises(UserError, match="another config"):
        checkpoint.load(tmp_path / "a.npz", "xyz")


def test_wall_time_does_not_change_the_content_hash():
    def hashed(text):
        return checkpoint.content_hash({"metrics": np.array(text)})

    assert hashed('{"loss": 1, "seconds": 1}') == hashed('{"loss": 1, "seconds": 2}')
    assert hashed('{"loss": 1, "seconds": 1}') != hashed('{"loss": 2, "seconds": 1}')


def test_weights_of_another_experiment_are_checked_too(tmp_path, state):
    path = tmp_path / "0003.npz"
    checkpoint.save(path, state)
    for w, stored in zip(checkpoint.load_weights(path, (5, 4, 2)), state.weights, strict=True):
        np.testing.assert_array_equal(w, stored)
    with pytest.raises(UserError, match=r"software\.start.*\(5, 4, 2\).*\(5, 3, 2\)"):
        checkpoint.load_weights(path, (5, 3, 2))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="damaged"):
        checkpoint.load_weights(path, (5, 4, 2))
