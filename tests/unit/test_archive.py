"""No byte of an archive is trusted."""

import io
import json
import pickle
import re
import zipfile

import numpy as np
import pytest
from conftest import ROOT
from waferloop.errors import UserError
from waferloop.experiment import store
from waferloop.experiment.store import Origin

ORIGIN = Origin("dataset", (), "abc")
ARRAYS = {"x": np.arange(100.0), "name": np.array("digits"), "codes": np.ones((3, 4), np.int8)}


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "dataset.npz"
    store.save_arrays(file, ARRAYS, ORIGIN)
    return file


def npy(array, **changed):
    """An array as a file; its header may say something else than what is in it."""
    content = io.BytesIO()
    np.lib.format.write_array(content, np.asarray(array), version=(1, 0))
    found = content.getvalue()
    for key, value in changed.items():
        length = int.from_bytes(found[8:10], "little")
        header = re.sub(
            rf"'{key}': .*?, (?='|}})", f"'{key}': {value}, ", found[10 : 10 + length].decode()
        )
        header = header.rstrip() + "\n"
        found = (
            found[:8] + len(header).to_bytes(2, "little") + header.encode() + found[10 + length :]
        )
    return found


def write(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)


def refused(path, words):
    for read in (store.load_arrays, lambda path: store.load(path, dict, ORIGIN)):
        with pytest.raises(UserError, match=rf"dataset\.npz: .*{words}.*delete it"):
            read(path)


class Hostile:
    """What is run when it is unpickled."""

    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return (open, (str(self.file), "w"))


@pytest.mark.parametrize("wrapped", [True, False])
def test_nothing_is_ever_unpickled(path, wrapped):
    executed = path.with_name("executed")
    hostile = np.array([Hostile(executed)], dtype=object)
    content = io.BytesIO()
    np.lib.format.write_array(content, hostile, allow_pickle=True)
    if wrapped:
        write(path, [("x.npy", content.getvalue())])
        refused(path, "never loaded")
    else:
        for raw in (content.getvalue(), pickle.dumps(Hostile(executed))):
            path.write_bytes(raw)
            refused(path, "damaged")
    assert not executed.exists()
    # the file would have been made
    pickle.loads(pickle.dumps(Hostile(executed))).close()
    assert executed.exists()


def test_no_code_of_the_project_unpickles():
    sources = [p for folder in ("workflow", "docs") for p in (ROOT / folder).rglob("*.py")]
    assert len(sources) > 100
    for source in sources:
        text = source.read_text()
        for call in re.findall(r"(?:np|numpy)\.load\(.*", text):
            assert "allow_pickle=False" in call, (source, call)
        for name in ("pickle.load", "joblib.load", "read_pickle", "allow_pickle=True", "marshal"):
            assert name not in text, (source, name)


@pytest.mark.parametrize(
    ("member", "words"),
    [
        (npy(np.ones(3), shape="(1000000000000,)"), "announces float64 of shape"),
        (npy(np.ones(3), shape="(-1, -3)"), "announces float64 of shape"),
        (npy(np.ones(3), shape="(3, True)"), "damaged"),
        (npy(np.ones(3), descr="'<U0'"), "never loaded"),
        (npy(np.ones(3), descr="'|O'"), "never loaded"),
        (npy(np.ones(3), descr="[('a', '<f4'), ('b', '<f4')]")[:-1], "announces"),
        (npy(np.ones(3), descr="'<x9'"), "damaged"),
        (npy(np.ones(3), descr="(" * 2000), "damaged"),
        (npy(np.ones(3), shape="9" * 5000), "damaged"),
        (b"\x93NUMPY\x03\x00" + npy(np.ones(3))[8:], "unknown version"),
        (b"\x93NUMPY\x63\x07" + npy(np.ones(3))[8:], "unknown version"),
        (npy(np.ones(3))[:40], "damaged"),
        (b"", "damaged"),
        (b"no array at all", "damaged"),
    ],
)
def test_headers_that_lie(path, member, words):
    write(path, [("x.npy", member)])
    refused(path, words)


def test_members_that_are_there_twice(path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        write(path, [("x.npy", npy(np.ones(3))), ("x.npy", npy(np.zeros(3)))])
    refused(path, "'x.npy' is there twice")


def test_members_that_are_no_arrays(path):
    write(path, [("../../x", b"text")])
    refused(path, "'../../x' is no array")


def test_bombs(path):
    write(path, [("x.npy", npy(np.zeros(10_000_000)))], zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 200_000
    refused(path, "compressed")
    # the same bytes for many members
    whole = npy(np.zeros(1000))
    write(path, [("x.npy", whole), *((f"y{n}.npy", b"") for n in range(9))])
    content = path.read_bytes()
    directory = content.index(b"PK\x01\x02")
    first = content[directory : content.index(b"PK\x01\x02", directory + 1)]
    entries = b"".join(first.replace(b"x.npy", b"%d.npy" % n) for n in range(10))
    end = content[content.index(b"PK\x05\x06") :]
    path.write_bytes(
        content[:directory] + entries + end[:12] + len(entries).to_bytes(4, "little") + end[16:]
    )
    refused(path, "announces")


def test_a_member_that_announces_more_than_the_file_has(path):
    content = bytearray(path.read_bytes())
    directory = content.index(b"PK\x01\x02")
    for field in (20, 24):
        content[directory + field : directory + field + 4] = (2**31).to_bytes(4, "little")
    path.write_bytes(content)
    refused(path, "damaged")


@pytest.mark.parametrize(
    ("about", "words"),
    [
        (
            {"format": 3, "sealed_by": "something new"},
            r"another version of waferloop \(format 3, here",
        ),
        ({"format": "x" * 1000}, "another version of waferloop"),
        ({"stage": "dataset", "where": [], "identity": "abc"}, r"\(format 1, here"),
        ({"format": store.FORMAT}, "does not say what made it"),
        (
            {"format": store.FORMAT, "stage": "dataset", "where": [[]], "identity": ""},
            "does not say",
        ),
        ([], "does not say what made it"),
        (7, "does not say what made it"),
    ],
)
def test_another_version_of_the_format_is_told(path, about, words):
    stored = {**ARRAYS, "about": np.array(json.dumps(about))}
    np.savez(path, **stored, seal=np.array(store._digest(stored)))
    refused(path, words)


@pytest.mark.parametrize("seal", [np.arange(7), np.array(b"raw"), np.float64(3), np.array("")])
@pytest.mark.parametrize(
    "about", [np.arange(7), np.array(b"raw"), np.array("{"), np.array("[" * 9999)]
)
def test_seals_and_origins_of_wrong_types(path, seal, about):
    with np.load(path, allow_pickle=False) as archive:
        arrays = dict(archive)
    np.savez(path, **{**arrays, "seal": seal})
    refused(path, "damaged")
    np.savez(path, **{**arrays, "about": about})
    refused(path, "damaged")
    np.savez(path, x=np.ones(3))
    refused(path, "damaged")
