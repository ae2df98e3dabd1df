"""Wrong configurations through the whole of Snakemake: it ends before any job, with a word.

The many cases are in tests/unit/test_wrong_configurations.py, of the function that rules use.
"""

import numpy as np
import pytest
import tiny_runs

TOLD = "error in the configuration: "


def dry(folder, *arguments):
    code, said = tiny_runs.snakemake(folder, "-n", *arguments)
    assert not (folder / "results").exists()
    return code, said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('experiment: "a\\nb"\n', ["experiment: 'a\\nb' should be"]),
        ("loop: {learning_rate: .nan, iteration: 3}\nruns: 1e9\n",
         ["loop.learning_rate: nan", "loop.iteration: unknown", "runs: 1000000000"]),
        ("runs: 1\nruns: 2\n", ["tiny.yaml, line 2", "runs", "twice"]),
        ("sweep: {parameters: {loop.gradient: [relu, magic]}}\n", ["loop.gradient=magic"]),
        ("experiment: x/sweep/y\n", ["experiment: x/sweep/y would lie among"]),
    ],
)  # fmt: skip
def test_files_are_refused_in_words(tmp_path, content, words):
    (tmp_path / "tiny.yaml").write_text(content)
    code, said = dry(tmp_path)
    assert code != 0
    assert TOLD in said
    assert "Traceback" not in said
    assert [word for word in words if word not in said] == []


def test_what_snakemake_itself_cannot_read_is_refused(tmp_path):
    tmp_path.joinpath("tiny.yaml").write_bytes('experiment: "caf\xe9"\n'.encode("latin-1"))
    code, said = dry(tmp_path)
    assert code != 0
    assert "can't decode byte 0xe9" in said


def test_a_command_line_is_refused_in_words(tmp_path):
    code, said = dry(tmp_path, "--config", "loop={batch: 1, batch: 2}")
    assert code != 0
    assert f"{TOLD}--config loop" in said
    assert "Traceback" not in said


def test_hostile_texts_are_meant_where_they_are_allowed(tmp_path):
    hostile = tmp_path / 'it\'s "$(touch harm)" é; touch harm.npz'
    random = np.random.default_rng(0)
    x, y = random.integers(0, 256, (120, 4, 4), dtype=np.uint8), np.arange(120) % 2
    np.savez(hostile, x_train=x, y_train=y, x_test=x[:20], y_test=y[:20])
    tiny_runs.command(tmp_path)
    with open(tmp_path / "tiny.yaml", "a") as file:
        file.write("sweep: {parameters: {loop.batch: [10]}}\n")
    whole = (tmp_path / "tiny.yaml").read_text()
    quoted = "'" + str(hostile).replace("'", "''") + "'"
    (tmp_path / "tiny.yaml").write_text(whole.replace("source: digits", f"source: {quoted}"))
    code, said = tiny_runs.snakemake(tmp_path, "--", tiny_runs.RESULTS / "runs/0/software.npz")
    assert code == 0, said
    assert not list(tmp_path.rglob("harm"))
    # and the same file is then known again
    code, said = tiny_runs.snakemake(
        tmp_path, "-n", "--", tiny_runs.RESULTS / "runs/0/software.npz"
    )
    assert code == 0, said
    assert "Nothing to be done" in said
