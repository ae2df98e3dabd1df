"""Texts and images prove themselves by what lies beside them."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from waferloop.errors import UserError
from waferloop.experiment import files, store, texts
from waferloop.experiment.job import Job
from waferloop.experiment.store import Origin

ORIGIN = Origin("loop_table", (("file", "loop_table"), ("run", "0")), "abc")
CONTENT = b"iteration,loss\n1,0.5\n2,0.25\n"


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "loop.csv"
    texts.save(file, CONTENT, ORIGIN)
    return file


def test_the_content_is_what_was_given_and_its_origin_lies_hidden_beside_it(path):
    assert path.read_bytes() == texts.load(path, ORIGIN) == CONTENT
    assert sorted(p.name for p in path.parent.iterdir()) == [".loop.csv.origin", "loop.csv"]
    about = json.loads(texts.beside(path).read_text())
    assert about.keys() == {"format", "stage", "where", "identity", "sha256"}
    assert str(path.parent) not in texts.beside(path).read_text()


def test_what_has_moved_with_its_folder_is_as_good(path, tmp_path):
    path.parent.rename(tmp_path.with_name("elsewhere"))
    assert texts.load(tmp_path.with_name("elsewhere") / "loop.csv", ORIGIN) == CONTENT
    tmp_path.mkdir()


@pytest.mark.parametrize("content", [b"", CONTENT[:-1], CONTENT + b"3,0.1\n", b"\0" * 100])
def test_changed_texts_are_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"loop\.csv: not what was written .*; delete it, and"):
        texts.load(path, ORIGIN)


def test_what_is_missing_is_named(path):
    texts.beside(path).unlink()
    with pytest.raises(
        UserError, match=r"loop\.csv: \.loop\.csv\.origin, .* not beside it; delete"
    ):
        texts.load(path, ORIGIN)
    path.unlink()
    with pytest.raises(UserError, match=r"loop\.csv: is not there"):
        texts.load(path, ORIGIN)


@pytest.mark.parametrize("about", [b"", b"{", b"[]", b"null", b"7", b"\xff\xfe", b"{}" * 2])
def test_a_damaged_origin_is_no_origin(path, about):
    texts.beside(path).write_bytes(about)
    with pytest.raises(UserError, match=r"loop\.csv.*: damaged .*; delete"):
        texts.load(path, ORIGIN)


def test_an_origin_in_another_format_is_told(path):
    about = json.loads(texts.beside(path).read_text())
    texts.beside(path).write_text(json.dumps(about | {"format": store.FORMAT + 1}))
    with pytest.raises(UserError, match=r"loop\.csv: written by another version of waferloop"):
        texts.load(path, ORIGIN)


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        (
            Origin("loop_table", ORIGIN.where, "xyz"),
            "another config, other data or another version",
        ),
        (Origin("summary", ORIGIN.where, "abc"), "holds loop_table file loop_table run 0"),
        (Origin("loop_table", (("file", "loop_table"), ("run", "1")), "abc"), "belongs elsewhere"),
    ],
)
def test_texts_of_something_else_are_refused(path, origin, words):
    with pytest.raises(UserError, match=words):
        texts.load(path, origin)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"a": NaN}', b"[Infinity]", b"[1e999]", b"[" + b"9" * 5000 + b"]", b"\xff",
     b"[" * 100_000],
)  # fmt: skip
def test_json_that_is_none_is_named(path, content):
    with pytest.raises(UserError, match=r"loop\.csv: damaged .*; delete it"):
        texts.from_json(path, content)


def test_keys_that_are_not_there_are_named(path):
    found = texts.from_json(path, b'{"a": [{"b": 1.5}]}')
    assert found == {"a": [{"b": 1.5}]}
    for missing in (lambda: found["runs"], lambda: found["a"][0]["median"]):
        with pytest.raises(UserError, match=r"loop\.csv: holds no '(runs|median)'; delete it"):
            missing()


def test_tables_come_back_bit_by_bit(path):
    table = pd.DataFrame({"a": [0.1, 1 / 3, float("nan")], "b": ["x", "y", "z"]})
    text = table.to_csv(index=False, lineterminator="\n").encode()
    pd.testing.assert_frame_equal(texts.from_csv(path, text), table)
    with pytest.raises(UserError, match=r"loop\.csv: damaged"):
        texts.from_csv(path, b"")


def test_numbers_of_tables_are_the_nearest(path):
    """pandas reads faster, and wrong by a bit, unless told otherwise."""
    values = np.random.default_rng(0).random(2000) * 10.0 ** np.arange(-100, 100).repeat(10)
    text = "a\n" + "\n".join(map(repr, values.tolist()))
    np.testing.assert_array_equal(texts.from_csv(path, text.encode())["a"], values)


def test_json_is_for_people_and_holds_numbers_only():
    assert texts.json_of({"a": [1.5, "µ"]}).decode("ascii").splitlines() == [
        "{", '  "a": [', "    1.5,", '    "\\u00b5"', "  ]", "}",
    ]  # fmt: skip
    for number in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="not JSON compliant"):
            texts.json_of({"a": number})


def saved(path, content):
    texts.save(path, texts.json_of(content), Origin("summary", (("file", "summary"),), "any"))
    return path


def test_a_summary_is_read_whatever_its_configuration_was(path):
    about = {"runs": 2, "iterations": 1, "median": 0.5}
    assert texts.summary(saved(path, about)) == about
    texts.save(path, texts.json_of(about), ORIGIN)
    with pytest.raises(UserError, match="holds loop_table file loop_table run 0"):
        texts.summary(path)


@pytest.mark.parametrize("value", [0, -1, True, 2.0, "2", None])
@pytest.mark.parametrize("key", ["runs", "iterations"])
def test_numbers_of_a_summary_that_are_none_are_named(path, key, value):
    shown = str(repr(value))
    with pytest.raises(UserError, match=rf"loop\.csv: {key} {shown} is no number .*; delete it"):
        texts.summary(saved(path, {"runs": 1, "iterations": 1} | {key: value}))


@pytest.mark.parametrize("content", [[], 3, None, "runs", [{"runs": 1, "iterations": 1}]])
def test_a_summary_has_keys(path, content):
    with pytest.raises(UserError, match=r"loop\.csv: holds no keys; delete it"):
        texts.summary(saved(path, content))


def test_what_cannot_be_read_is_named(tmp_path):
    with pytest.raises(UserError, match=r"cannot be read \("):
        texts.plain(tmp_path)


@pytest.fixture
def job(tmp_path, monkeypatch):
    """A job that may read and write every file of the catalogue."""
    monkeypatch.chdir(tmp_path)
    where = {"run": 0, "state": "converted", "figure": "accuracy", "kind": "svg"}
    paths = {name: files.path(name, "x", **where) for name in files.FILES}
    stages = {files.place(path).stage for path in paths.values() if "{" not in path}
    made = SimpleNamespace(
        output={name: path for name, path in paths.items() if "{" not in path},
        params=SimpleNamespace(identities=dict.fromkeys(stages, "abc")),
    )
    for path in made.output.values():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    return Job(made)


CONTENTS = {
    "progress": [{"step": 1, "loss": 0.5}],
    "mapping_table": [{"neuron": 1}],
    "losses": [{"neuron": 1}],
    "loop_table": pd.DataFrame({"iteration": [1, 2]}),
    "summary": {"runs": 2},
    "report": "<html>µ</html>",
    "figure": b"<svg/>",
}


def test_jobs_write_origins_and_ask_for_them(job):
    job.save(**CONTENTS)
    for name in CONTENTS:
        path = job.output(name)
        assert texts.beside(path).exists()
        found = job.read(str(path))
        if name == "summary":
            assert found == {"runs": 2}
        path.write_bytes(path.read_bytes() + b" ")
        with pytest.raises(UserError, match="not what was written"):
            job.read(str(path))
    assert job.output("report").read_text("utf-8") == "<html>µ</html> "


def test_two_tables_of_a_stage_do_not_stand_for_each_other(job):
    job.save(**CONTENTS)
    one, other = job.output("mapping_table"), job.output("losses")
    for move in (lambda path: path, texts.beside):
        move(one).write_bytes(move(other).read_bytes())
    with pytest.raises(UserError, match="holds mapping file losses run 0, which belongs elsewhere"):
        job.read(str(one))


def test_files_of_other_experiments_have_their_identities(job):
    job.save(summary={"runs": 2})
    job.params.others = {"x": {"summary": "xyz"}}
    with pytest.raises(UserError, match="made with another config"):
        job.read(str(job.output("summary")))
    job.params.others = {"x/sweep/a=1": {"summary": "xyz"}}
    assert job.read(str(job.output("summary"))) == {"runs": 2}


def test_files_from_outside_are_read_as_they_are(job, tmp_path):
    (tmp_path / "speed.json").write_text('[{"tool": "nest"}]')
    assert job.read(str(tmp_path / "speed.json")) == [{"tool": "nest"}]
    (tmp_path / "speed.json").write_text('[{"tool"')
    with pytest.raises(UserError, match=r"speed\.json: damaged"):
        job.read(str(tmp_path / "speed.json"))


def test_what_killed_writers_left_is_written_over_by_the_next(path):
    folder = path.parent
    for left in (".loop.csv.part", "..loop.csv.origin.part"):
        (folder / left).write_bytes(b"half of something long" * 100)
    (folder / ".other.csv.part").write_bytes(b"not ours")
    assert texts.load(path, ORIGIN) == CONTENT
    texts.save(path, CONTENT, ORIGIN)
    assert texts.load(path, ORIGIN) == CONTENT
    names = {".other.csv.part", "loop.csv", ".loop.csv.origin"}
    assert {p.name for p in folder.iterdir()} == names


def test_a_write_that_fails_leaves_what_was_there(path):

    def write():
        with store.replaced(path) as file:
            file.write(b"half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write()
    assert texts.load(path, ORIGIN) == CONTENT
    assert sorted(p.name for p in path.parent.iterdir()) == [".loop.csv.origin", "loop.csv"]


def test_half_of_a_pair_is_not_taken_for_the_whole(path):
    """Killed between the origin and the text: the old text is not what the new origin is of."""
    with store.replaced(texts.beside(path)) as file:
        file.write(json.dumps(store.about(ORIGIN) | {"sha256": "0" * 64}).encode())
    with pytest.raises(UserError, match="not what was written"):
        texts.load(path, ORIGIN)
