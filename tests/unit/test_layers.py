"""Configuration files one on top of the other, then the command line."""

import subprocess
import sys

import pytest
from conftest import ROOT
from snakemake.common.configfile import load_configfile
from snakemake.utils import update_config
from waferloop.errors import UserError
from waferloop.experiment import layers


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refused(function, *arguments):
    with pytest.raises(UserError) as error:
        function(*arguments)
    return str(error.value)


def test_later_layers_lie_on_top(tmp_path):
    files = [
        write(tmp_path / "first.yaml", "runs: 1\nloop: {batch: 3, angle: 1}\nseed: 3\n"),
        write(
            tmp_path / "second.json", '{"runs": 2, "loop": {"batch": 1e3}, "sweep": {"runs": 1}}'
        ),
    ]
    arguments = [
        "seed=4",
        "loop={angle: 1e-3}",
        "experiment='1'",
        "software={start: no}",
        "mapping=",
    ]
    assert layers.layered(files, arguments) == {
        "runs": 2, "loop": {"batch": 1000.0, "angle": 0.001}, "seed": 4, "sweep": {"runs": 1},
        "experiment": "1", "software": {"start": "no"}, "mapping": None,
    }  # fmt: skip


@pytest.mark.parametrize("below", ["a: 1", "a: {b: 1}", "a: {b: {c: 1}, d: 2}", "a: [1]", "b: 1"])
@pytest.mark.parametrize(
    "above", ["a: 2", "a: {b: 2}", "a: {b: {e: 2}}", "a: [2]", "a: {}", "c: 1"]
)
def test_layers_lie_on_each_other_as_in_snakemake(tmp_path, below, above):
    files = [write(tmp_path / f"{n}.yaml", text) for n, text in enumerate((below, above))]
    theirs = {}
    for file in files:
        update_config(theirs, load_configfile(file))
    assert layers.layered(files) == theirs


@pytest.mark.parametrize("path", sorted((ROOT / "config").glob("*.yaml")), ids=lambda p: p.stem)
def test_what_is_shipped_means_the_same_to_snakemake(path):
    assert layers.of_file(path) == load_configfile(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", ["is empty"]),
        ("# nothing yet\n", ["is empty"]),
        ("- a\n- b\n", ["holds a list"]),
        ("just words", ["holds a str"]),
        ("5", ["holds a int"]),
        ('runs: 1\nexperiment: "caf\xe9"\n'.encode("latin-1"), ["line 2", "UTF-8"]),
        ("runs: 2\n".encode("utf-16"), ["UTF-8"]),
        (bytes(range(256)), ["UTF-8"]),
        (b"runs: \0\0\0", ["#x0000"]),
        ("runs: 1\nruns: 2", ["line 2", "runs", "twice"]),
    ],
)
def test_files_that_are_no_configuration(tmp_path, content, words):
    path = write(tmp_path / "mine.yaml", content)
    message = refused(layers.of_file, path)
    assert message.startswith(str(path))
    assert [word for word in words if word not in message] == []


def test_files_that_are_none(tmp_path):
    assert "No such file" in refused(layers.of_file, tmp_path / "missing.yaml")
    assert "directory" in refused(layers.of_file, tmp_path)


def test_a_byte_order_mark_is_no_part_of_a_key(tmp_path):
    assert layers.of_file(write(tmp_path / "a.yaml", b"\xef\xbb\xbfruns: 2")) == {"runs": 2}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["loop"], ["--config loop", "value"]),
        (["runs=1", "runs=2"], ["--config runs", "twice", "loop={"]),
        (["loop={a"], ["--config loop", "expected"]),
        (["loop={batch: 1, batch: 2}"], ["--config loop", "batch", "twice"]),
        (["runs=010"], ["--config runs", "octal"]),
        (["runs=1:30"], ["--config runs", "60"]),
    ],
)
def test_command_lines_that_are_none(arguments, words):
    message = refused(layers.of_arguments, arguments)
    assert [word for word in words if word not in message] == []


@pytest.mark.parametrize(
    "command",
    [
        "--configfile a b --config runs=1 seed=2",
        "--configfiles a -C runs=1",
        "--config=runs=1 -- results/--config",
    ],
)
def test_options_that_are_there_once(command):
    layers.check_options(["snakemake", *command.split()])


@pytest.mark.parametrize(
    "command",
    ["--configfile a --configfile b", "--configfile=a --configfiles b", "-C a=1 --config b=2"],
)
def test_options_of_which_snakemake_would_forget_one(command):
    message = refused(layers.check_options, ["snakemake", *command.split()])
    assert message.startswith("--config")
    assert "2 times" in message


def check(*files):
    return subprocess.run(
        [sys.executable, "-m", "waferloop", "check", *files],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_files_are_checked_without_the_workflow(tmp_path):
    result = check(ROOT / "config/sweep-batch.yaml", write(tmp_path / "a.yaml", "runs: 3"))
    said = result.stdout.splitlines()
    assert said[0].endswith(f"a.yaml: holds; {len(said) - 8} variants (target sweep)")
    assert said[1].startswith("  runs      3 runs of ")
    assert said[8].startswith("  sweep-batch/sweep/loop.batch=50: 3 runs of ")
    result = check(write(tmp_path / "b.yaml", b"a: \xe9"))
    assert result.returncode == 1
    assert result.stderr == f"error: {tmp_path}/b.yaml, line 1: is no text in UTF-8; save it as " \
        "UTF-8, or give another file\n"  # fmt: skip
