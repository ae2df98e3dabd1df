"""Images and labels."""

import gzip
import shutil
import struct

import numpy as np
import pytest
from conftest import BUNDLED
from waferloop import datasets, settings
from waferloop.datasets import idx
from waferloop.errors import UserError


def as_idx(array):
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def found(source, classes, pixels):
    section = settings.Dataset(source=source, classes=tuple(classes), pixels=pixels)
    return section, datasets.files(source, BUNDLED)


def load(*wanted):
    return datasets.load(*found(*wanted))


def check(*wanted):
    datasets.check(*found(*wanted))


@pytest.fixture
def folder(tmp_path):
    random = np.random.default_rng(0)
    for part, name in idx.NAMES.items():
        images = random.integers(0, 256, (30, 12, 12), dtype=np.uint8)
        array = images if part[0] == "x" else np.arange(30, dtype=np.uint8) % 3
        (tmp_path / name).write_bytes(as_idx(array))
    return tmp_path


def test_the_papers_data_set():
    data = load("mnist", [0, 1, 4, 6, 7], 10)
    assert data.x_train.shape == (30_690, 100)
    assert data.x_test.shape == (5_083, 100)
    assert data.x_train.mean() == pytest.approx(0.2333, abs=1e-4)
    assert 0 <= data.x_train.min() < data.x_train.max() <= 1
    assert np.bincount(data.y_test).tolist() == [980, 1135, 982, 958, 1028]


def test_shrinking_crops_the_centre_and_averages():
    image = np.zeros((1, 28, 28), np.float32)
    image[0, :4] = 9.0
    image[0, 4:6, 4:6] = [[1, 2], [3, 4]]
    small = datasets.shrink(image, 10).reshape(10, 10)
    assert small[0, 0] == 2.5
    assert small.sum() == 2.5


def test_digits_of_scikit_learn():
    data = load("digits", [3, 5], 8)
    assert data.x_train.shape[1] == 64
    assert set(np.unique(data.y_test)) == {0, 1}
    assert data.x_train.max() <= 1


def test_folder_of_idx_files_gzipped_or_not(folder):
    plain = load(str(folder), [0, 2], 6)
    for path in list(folder.iterdir()):
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    zipped = load(str(folder), [0, 2], 6)
    np.testing.assert_array_equal(plain.x_train, zipped.x_train)
    assert plain.x_train.shape == (20, 36)


@pytest.mark.parametrize("shape", [(12, 64), (12, 8, 8)])
def test_npz(tmp_path, shape):
    x = np.random.default_rng(0).random(shape, dtype=np.float32)
    y = np.arange(12) % 4
    path = tmp_path / "mine.npz"
    np.savez(path, x_train=x, y_train=y, x_test=x, y_test=y)
    data = load(str(path), [3, 1], 4)
    assert data.x_test.shape == (6, 16)
    assert data.y_test.tolist() == [1, 0, 1, 0, 1, 0]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda raw: raw[: len(raw) // 2], "damaged"),
        (lambda raw: raw[:50] + bytes([raw[50] ^ 255]) + raw[51:], "damaged"),
        (lambda raw: gzip.compress(gzip.decompress(raw)[:-5]), "header announces"),
        (lambda raw: gzip.compress(b"not idx at all"), "not an IDX file"),
    ],
)
def test_damaged_file(tmp_path, damage, message):
    for path in BUNDLED.glob("*.gz"):
        shutil.copy(path, tmp_path)
    victim = tmp_path / "t10k-labels-idx1-ubyte.gz"
    victim.write_bytes(damage(victim.read_bytes()))
    with pytest.raises(UserError, match=message) as error:
        check(str(tmp_path), [0, 1], 10)
    assert str(victim) in str(error.value)


@pytest.mark.parametrize(
    ("source", "classes", "pixels", "message"),
    [
        ("nowhere", [0], 10, "dataset.source: 'nowhere'"),
        ("nowhere.npz", [0], 10, "dataset.source: 'nowhere.npz'"),
        ("digits", [3, 12], 8, r"dataset.classes: \[12\]"),
        ("digits", [3], 9, "dataset.pixels: 9"),
    ],
)
def test_what_is_not_there(source, classes, pixels, message):
    with pytest.raises(UserError, match=message):
        check(source, classes, pixels)


def test_missing_file_of_a_folder(folder):
    (folder / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(UserError, match="train-labels-idx1-ubyte"):
        check(str(folder), [0], 4)


def test_images_without_their_labels(folder):
    (folder / "train-labels-idx1-ubyte").write_bytes(as_idx(np.zeros(29, np.uint8)))
    with pytest.raises(UserError, match="do not belong together"):
        check(str(folder), [0], 4)


def test_the_fingerprint_follows_the_content_of_every_file(folder):
    files = datasets.files(str(folder), BUNDLED)
    before = datasets.fingerprint(files)
    assert before == datasets.fingerprint(files)
    victim = folder / "t10k-labels-idx1-ubyte"
    whole = victim.read_bytes()
    victim.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert datasets.fingerprint(files) != before
    with pytest.raises(UserError, match="missing: is not there"):
        datasets.fingerprint([folder / "missing"])
