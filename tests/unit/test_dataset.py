"""Images and labels."""

import gzip
import shutil
import struct
import zipfile

import numpy as np
import pytest
from conftest import BUNDLED
from waferloop import datasets, settings
from waferloop.datasets import idx
from waferloop.errors import UserError


def as_idx(array):
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def found(source, classes, pixels=10, inputs=0):
    section = settings.Dataset(source, tuple(classes), pixels, inputs)
    return section, datasets.files(source, BUNDLED)


def load(*wanted, **given):
    return datasets.load(*found(*wanted, **given))


def check(*wanted, **given):
    datasets.check(*found(*wanted, **given))


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


MANY = np.random.default_rng(2).integers(0, 256, (7, 28, 28)).astype(np.float32) / np.float32(255)


@pytest.mark.parametrize("pixels", range(15, 28))
def test_shrinking_to_more_than_half_keeps_brightness(pixels):
    small = datasets.shrink(MANY, pixels)
    assert small.dtype == np.float32
    assert small.shape == (7, pixels**2)
    np.testing.assert_allclose(small.mean(axis=1), MANY.mean(axis=(1, 2)), rtol=1e-6)
    grey = np.full((1, 28, 28), 0.3, np.float32)
    np.testing.assert_array_equal(datasets.shrink(grey, pixels), np.float32(0.3))


@pytest.mark.parametrize("pixels", [1, 2, 4, 7, 14, 28])
def test_area_means_of_whole_blocks(pixels):
    """They are then those of blocks, and what is not shrunk stays as it is."""
    means = datasets.area_means(MANY, pixels).reshape(7, -1)
    np.testing.assert_allclose(means, datasets.shrink(MANY, pixels), rtol=1e-6)
    np.testing.assert_array_equal(datasets.area_means(MANY, 28), MANY)
    np.testing.assert_array_equal(datasets.shrink(MANY, 28), MANY.reshape(7, -1))


def test_area_means_turn_with_the_image():
    mirrored = datasets.area_means(MANY[:, :, ::-1], 16)
    np.testing.assert_array_equal(mirrored[:, :, ::-1], datasets.area_means(MANY, 16))
    turned = datasets.area_means(MANY.transpose(0, 2, 1), 16)
    np.testing.assert_array_equal(turned.transpose(0, 2, 1), datasets.area_means(MANY, 16))


def test_area_means_by_hand():
    """3 to 2: a pixel covers one and a half each way."""
    image = np.array([[[4, 2, 0], [0, 0, 0], [0, 0, 9]]], np.float32)
    found = datasets.area_means(image, 2)
    np.testing.assert_allclose(found, [[[5 / 2.25, 1 / 2.25], [0, 9 / 2.25]]], rtol=1e-6)


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


@pytest.mark.parametrize("first", ["-idx", ".idx"])
@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_idx_files_as_they_are_found(folder, first, zipped, ending):
    plain = load(str(folder), [0, 2], 6)
    for path in list(folder.iterdir()):
        content = path.read_bytes()
        path.unlink()
        name = path.name.replace("-idx", first) + ending
        (folder / name).write_bytes(gzip.compress(content) if zipped else content)
    np.testing.assert_array_equal(plain.x_test, load(str(folder), [0, 2], 6).x_test)


def test_two_files_for_one(folder):
    name = "train-images-idx3-ubyte"
    shutil.copy(folder / name, folder / f"{name}.gz")
    with pytest.raises(UserError, match=f"has {name} and {name}.gz; leave the one"):
        check(str(folder), [0], 4)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\0\0\x0d\1\0\0\0\1abcd", "holds 32-bit floating-point numbers, not unsigned bytes"),
        (b"\0\0\x0c\1\0\0\0\1abcd", "holds 32-bit whole numbers, not unsigned bytes"),
        (b"", "not an IDX file"),
        (b"\0\0\x08\xff" + bytes(255 * 4), "255 dimensions"),
        (b"\0\0\x08\3" + b"\xff" * 12, "0 bytes where its header announces"),
        # 2**64 bytes: none, where numbers have 64 bits
        (b"\0\0\x08\2" + b"\x80\0\0\0" * 2, "0 bytes where its header announces"),
    ],
)
def test_other_idx_files(folder, content, message):
    victim = folder / "train-labels-idx1-ubyte"
    victim.write_bytes(content)
    with pytest.raises(UserError, match=message) as error:
        check(str(folder), [0], 4)
    assert str(victim) in str(error.value)


def test_idx_images_that_are_not_square(folder):
    images = np.full((30, 8, 16), 255, np.uint8)
    (folder / "t10k-images-idx3-ubyte").write_bytes(as_idx(images))
    with pytest.raises(
        UserError, match=r"x_test .* \(30, 8, 16\), and 8 x 16 pixels are no square"
    ):
        check(str(folder), [0], 4)


@pytest.mark.parametrize("shape", [(12, 64), (12, 8, 8), (12, 8, 8, 1)])
def test_npz(tmp_path, shape):
    x = np.random.default_rng(0).random(shape, dtype=np.float32)
    y = np.arange(12) % 4
    path = tmp_path / "mine.npz"
    np.savez(path, x_train=x, y_train=y, x_test=x, y_test=y)
    data = load(str(path), [3, 1], 4)
    assert data.x_test.shape == (6, 16)
    assert data.y_test.tolist() == [1, 0, 1, 0, 1, 0]


IMAGES = np.random.default_rng(1).random((12, 8, 8))
LABELS = np.arange(12) % 4


def check_npz(folder, **parts):
    """Refusal of an .npz file, most parts of which are as they should be."""
    path = folder / "mine.npz"
    whole = {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES, "y_test": LABELS}
    np.savez(path, **whole | parts)
    with pytest.raises(UserError) as error:
        check(str(path), [3, 1], 4)
    assert "mine.npz" in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("part", ["x_train", "x_test"])
@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((12, 8, 8, 4)), "shape (12, 8, 8, 4), of which axis 3 seems to be channels"),
        (np.zeros((12, 3, 8, 8)), "shape (12, 3, 8, 8), of which axis 1 seems to be channels"),
        (np.zeros((12, 1, 8, 8)), "axis 1 seems to be channels"),
        (np.zeros((12, 8, 16)), "8 x 16 pixels are no square"),
        (np.zeros((12, 8, 16, 1)), "8 x 16 pixels are no square"),
        (np.zeros((8, 8, 12)), "8 x 12 pixels are no square"),
        (np.zeros((12, 65)), "65 pixels make no square"),
        (np.zeros((12, 65)), "crop or pad them, or if they are no images set dataset.inputs: 65"),
        (np.zeros(768), "shape (768,); images are [images, side, side], [images, side * side] or"),
        (np.zeros((12, 2, 2, 2, 8)), "shape (12, 2, 2, 2, 8)"),
        (np.zeros((0, 8, 8)), "shape (0, 8, 8)"),
        (IMAGES.astype(str), "is of type <U32, no numbers"),
        (IMAGES * 1j, "is of type complex128, no numbers"),
        ((IMAGES * 17).astype(np.uint8), "(uint8) from 0 to 16: none is half as bright as white, "
         "which is 255; divide them by what white is in them (16, it seems)"),
        ((IMAGES > 0.5).astype(np.uint8), "(uint8) from 0 to 1: none is half as bright"),
        (np.minimum(IMAGES * 300, 127).astype(np.uint8), "from 0 to 127: none is half as bright"),
        (IMAGES / 255, "none is half as bright as white, which is 1;"),
        (IMAGES * 255, "more than 1, which is white; divide them by what white is in them (2"),
        ((IMAGES * 256).astype(np.int64), "(int64) from 0 to 255, more than 1"),
        ((IMAGES * 2**16).astype(np.uint16), "(uint16)"),
        (2 * IMAGES - 1, "some negative; bring them into [0, 1]"),
        (np.where(IMAGES > 0.9, np.nan, IMAGES), "some NaN or infinite"),
        (np.where(IMAGES > 0.9, np.inf, IMAGES), "some NaN or infinite"),
        (np.where(IMAGES > 0.9, -np.inf, IMAGES), "some NaN or infinite"),
        (np.zeros((12, 8, 8)), "alike within each image"),
        (np.full((12, 8, 8), 255, np.uint8), "alike within each image"),
        (np.repeat(IMAGES[:, 0, 0], 64).reshape(12, 8, 8), "alike within each image"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_as_images(tmp_path, part, images, message):
    said = check_npz(tmp_path, **{part: images})
    assert message in said
    assert f"dataset.source: {part} of" in said


@pytest.mark.parametrize("part", ["y_train", "y_test"])
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.eye(4)[LABELS], "shape (12, 4), with a single 1 in each row (one-hot)"),
        (np.eye(4, dtype=bool)[LABELS], "labels.argmax(axis=1)"),
        (np.eye(4)[LABELS] * 0.9, "shape (12, 4), labels are [images]"),
        (LABELS[None], "shape (1, 12), labels are [images]"),
        (np.array(3), "shape (), labels are [images]"),
        (np.array(["cat", "dog"] * 6), "('cat', 'dog', 'cat', ...), no numbers; give a whole"),
        (LABELS.astype("datetime64[s]"), "is of type datetime64[s], no numbers"),
        (LABELS + 0.5, "12 labels that are none, as 0.5"),
        (np.where(LABELS == 2, np.nan, LABELS), "3 labels that are none, as nan"),
        (np.where(LABELS == 2, np.inf, LABELS), "3 labels that are none, as inf"),
        (LABELS - 1, "3 labels that are none, as -1"),
        (LABELS.astype(np.uint64) + 2**63, "12 labels that are none, as 9223372036854775808"),
        (LABELS[:11], "12 t"),
        (LABELS[:0], "but 0 labels"),
    ],
)
def test_what_cannot_be_meant_as_labels(tmp_path, part, labels, message):
    said = check_npz(tmp_path, **{part: labels})
    assert message in said


@pytest.mark.parametrize(
    "labels",
    [LABELS[:, None], LABELS.astype(np.float32), LABELS.astype(np.uint8), LABELS[:, None] * 1.0],
)
def test_labels_whose_meaning_is_certain(tmp_path, labels):
    np.savez(tmp_path / "mine.npz", x_train=IMAGES, y_train=labels, x_test=IMAGES, y_test=labels)
    data = load(str(tmp_path / "mine.npz"), [3, 1], 4)
    assert data.y_train.dtype == np.int64
    assert data.y_train.tolist() == [1, 0, 1, 0, 1, 0]


def test_truth_values_are_labels(tmp_path):
    truth = LABELS > 1
    np.savez(tmp_path / "mine.npz", x_train=IMAGES, y_train=truth, x_test=IMAGES, y_test=truth)
    data = load(str(tmp_path / "mine.npz"), [0, 1], 4)
    assert data.y_test.tolist() == [0, 0, 1, 1] * 3


@pytest.mark.parametrize("kind", [bool, np.int16, np.float16, np.float64])
def test_black_and_white_images_of_any_type(tmp_path, kind):
    images = (IMAGES > 0.5).astype(kind)
    huge = LABELS + 2**62
    np.savez(tmp_path / "mine.npz", x_train=images, y_train=huge, x_test=images, y_test=huge)
    data = load(str(tmp_path / "mine.npz"), [2**62, 2**62 + 3], 8)
    assert data.x_train.dtype == np.float32
    np.testing.assert_array_equal(data.x_test, images[LABELS % 3 == 0].reshape(6, 64))
    assert data.y_test.tolist() == [0, 1, 0, 1, 0, 1]


VALUES = np.random.default_rng(3).random((12, 7))


def values(folder, **parts):
    whole = {"x_train": VALUES, "y_train": LABELS, "x_test": VALUES, "y_test": LABELS}
    np.savez(folder / "mine.npz", **whole | parts)
    return str(folder / "mine.npz")


@pytest.mark.parametrize("inputs", [1, 4, 7])
def test_values_that_are_no_images(tmp_path, inputs):
    """Each is an input, be their number a square or not."""
    own = VALUES[:, :inputs]
    data = load(values(tmp_path, x_train=own, x_test=own), [3, 1], inputs=inputs)
    np.testing.assert_array_equal(data.x_train, own[LABELS % 2 == 1].astype(np.float32))
    data = load(values(tmp_path, x_train=own, x_test=np.uint8(own * 255)), [3, 1], inputs=inputs)
    assert 0.5 < data.x_test.max() <= 1


@pytest.mark.parametrize("part", ["x_train", "x_test"])
@pytest.mark.parametrize(
    ("x", "message"),
    [
        (VALUES[:, :4], "has 4 values of each sample, but dataset.inputs is 7; set dataset.inpu"),
        (IMAGES, "shape (12, 8, 8); with dataset.inputs: 7 it should be [samples, 7]; for images"),
        (VALUES[:0], "shape (0, 7); with"),
        (VALUES[:, 0], "shape (12,); with"),
        (VALUES.astype(str), "no numbers"),
        (VALUES * 3, "more than 1"),
        (VALUES - 0.5, "some negative"),
        (np.where(VALUES > 0.9, np.nan, VALUES), "some NaN or infinite"),
        ((VALUES > 0.5).astype(np.uint8), "none is half as bright"),
        (np.tile(VALUES[0], (12, 1)), "alike in all samples"),
    ],
)
def test_what_cannot_be_meant_as_values(tmp_path, part, x, message):
    with pytest.raises(UserError) as error:
        check(values(tmp_path, **{part: x}), [3, 1], inputs=7)
    assert message in str(error.value)
    assert f"dataset.source: {part} of" in str(error.value)


def test_images_of_a_source_are_no_values():
    with pytest.raises(UserError, match=r"images set dataset.inputs: 0 and choose dataset.pixels"):
        check("digits", [3, 1], inputs=64)


def test_images_of_two_sizes(tmp_path):
    said = check_npz(tmp_path, x_test=IMAGES[:, :6, :6])
    assert "training images of 8 x 8 pixels and test images of 6 x 6" in said


def test_parts_that_are_missing_or_no_arrays(tmp_path):
    path = tmp_path / "mine.npz"
    np.savez(path, x_train=IMAGES)
    with pytest.raises(UserError, match=r"lacks \['y_train', 'x_test', 'y_test'\]"):
        check(str(path), [0, 1], 4)
    with zipfile.ZipFile(path, "w") as archive:
        for part in datasets.PARTS:
            archive.writestr(part, b"no array")
    with pytest.raises(UserError, match="no numbers"):
        check(str(path), [0, 1], 4)
    np.save(path.with_suffix(""), IMAGES)
    path.with_suffix(".npy").rename(path)
    with pytest.raises(UserError, match=r"cannot be read as \.npz"):
        check(str(path), [0, 1], 4)


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
        (__file__, [0], 10, "dataset.source: .* is neither mnist"),
        ("a" * 5000, [0], 10, r"dataset.source: 'a{100}\.\.\.' is n"),
        ("a/" * 5000 + "b.npz", [0], 10, r"dataset.source: '(a/){50}\.\.\.' is n"),
        ("two\nlines", [0], 10, "dataset.source: .* has characters that no path should"),
        ("a\0b.npz", [0], 10, "dataset.source: .* has characters that no path should"),
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
    with pytest.raises(UserError, match="cannot be read"):
        datasets.fingerprint([folder])
