"""Whatever a source holds: images in [0, 1] and labels, or a refusal."""

import gzip
import io
import struct

import numpy as np
import pytest
from conftest import BUNDLED
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from waferloop import datasets, settings
from waferloop.datasets import idx, raw
from waferloop.errors import UserError

CLASSES, PIXELS = (0, 1), 2
RANDOM = np.random.default_rng(0)
FIT = {
    "x_train": RANDOM.integers(0, 256, (6, 4, 4), dtype=np.uint8),
    "y_train": np.arange(6, dtype=np.uint8) % 3,
    "x_test": RANDOM.integers(0, 256, (4, 4, 4), dtype=np.uint8),
    "y_test": np.arange(4, dtype=np.uint8) % 2,
}
KINDS = st.one_of(arrays.scalar_dtypes(), arrays.complex_number_dtypes(), arrays.array_dtypes())
ANY = arrays.arrays(KINDS, arrays.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4))
SQUARE = arrays.arrays(
    arrays.scalar_dtypes(), st.tuples(st.integers(1, 4), st.just(3), st.just(3)), fill=st.nothing()
)
many = examples(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def as_npz(parts):
    file = io.BytesIO()
    np.savez(file, **parts)
    return file.getvalue()


def as_idx(array):
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


NPZ = as_npz(FIT)
IDX = {part: as_idx(array) for part, array in FIT.items()}


def loaded(source):
    """A data set as the network takes it, or None where a message says what is wrong."""
    section = settings.Dataset(source=str(source), classes=CLASSES, pixels=PIXELS)
    try:
        files = datasets.files(section.source, BUNDLED)
        amount = datasets.check(section, files)
    except UserError:
        return None
    data = datasets.load(section, files)
    assert (amount.train, amount.test) == (len(data.x_train), len(data.x_test))
    for x, y in ((data.x_train, data.y_train), (data.x_test, data.y_test)):
        assert (x.dtype, y.dtype) == (np.float32, np.int64)
        assert x.shape == (len(y), PIXELS**2)
        # NaN is neither
        assert ((x >= 0) & (x <= 1)).all()
        assert set(np.unique(y)) == {0, 1}
    return data


@many
@given(part=st.sampled_from(datasets.PARTS), array=ANY)
def test_any_array_in_an_npz_file(tmp_path, part, array):
    assume(not array.dtype.hasobject)
    np.savez(tmp_path / "mine.npz", **FIT | {part: array})
    loaded(tmp_path / "mine.npz")


@many
@given(array=SQUARE)
def test_square_images_of_any_type(array):
    """Those that are taken lie in [0, 1] and are not all black."""
    with np.errstate(all="raise", under="ignore"):
        try:
            images = raw.as_images(array, "images")
        except UserError:
            return
        unit = datasets.unit_interval(images)
    assert ((unit >= 0) & (unit <= 1)).all()
    assert unit.max() >= 0.5


@many
@given(array=ANY)
def test_labels_of_any_type(array):
    """Those that are taken are what was found, as whole numbers."""
    assume(not array.dtype.hasobject)
    with np.errstate(all="raise"):
        try:
            labels = raw.as_labels(array, "labels")
        except UserError:
            return
    assert labels.dtype == np.int64
    assert labels.shape == array.shape[:1]
    assert [int(label) for label in array.ravel()] == labels.tolist()
    assert (labels >= 0).all()


def damages(whole):
    """Content with some bytes changed, left out or put in."""
    change = st.tuples(
        st.integers(0, len(whole) - 1), st.integers(0, 3), st.binary(max_size=6)
    )  # fmt: skip
    return st.lists(change, min_size=1, max_size=5).map(lambda changes: damaged(whole, changes))


def damaged(whole, changes):
    for at, left_out, put_in in changes:
        whole = whole[:at] + put_in + whole[at + left_out :]
    return whole


@many
@given(content=st.one_of(damages(NPZ), st.binary(max_size=80)))
def test_any_npz_file(tmp_path, content):
    (tmp_path / "mine.npz").write_bytes(content)
    loaded(tmp_path / "mine.npz")


@many
@given(
    part=st.sampled_from(datasets.PARTS),
    zipped=st.booleans(),
    ending=st.sampled_from(["", ".gz"]),
    data=st.data(),
)
def test_any_idx_file(tmp_path, part, zipped, ending, data):
    for path in tmp_path.iterdir():
        path.unlink()
    for name, content in IDX.items():
        (tmp_path / idx.NAMES[name]).write_bytes(content)
    whole = gzip.compress(IDX[part], mtime=0) if zipped else IDX[part]
    content = data.draw(st.one_of(damages(whole), st.binary(max_size=40), HEADERS))
    (tmp_path / idx.NAMES[part]).unlink()
    (tmp_path / (idx.NAMES[part] + ending)).write_bytes(content)
    loaded(tmp_path)


HEADERS = st.builds(
    lambda kind, dimensions, rest: bytes([0, 0, kind, dimensions]) + rest,
    st.sampled_from([*idx.TYPES, 0, 255]),
    st.integers(0, 255),
    st.binary(max_size=100),
)


@many
@given(source=st.text(min_size=1, max_size=300), times=st.sampled_from([1, 100]))
def test_any_text_as_a_source(source, times):
    assume(source not in datasets.SOURCES and not set(source) <= {"/", "."})
    with pytest.raises(UserError, match=r"^dataset\.source: .*"):
        datasets.files(source * times, BUNDLED)


def test_the_data_that_others_are_made_from_fit(tmp_path):
    (tmp_path / "mine.npz").write_bytes(NPZ)
    assert loaded(tmp_path / "mine.npz")
    for name, content in IDX.items():
        (tmp_path / idx.NAMES[name]).write_bytes(content)
    assert loaded(tmp_path)
