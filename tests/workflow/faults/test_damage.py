"""Every result and every file of data, damaged in every way: named, and never used."""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from conftest import BUNDLED, ROOT
from damage import configured, damages, every, identities, job, parts, read
from waferloop import datasets, settings
from waferloop.analysis.finite_differences import Gradients
from waferloop.datasets import idx
from waferloop.errors import UserError
from waferloop.experiment import files, pages, source, stages, store, texts

SNAKEMAKE = os.path.join(os.path.dirname(sys.executable), "snakemake")
NOT_MADE = {
    "finite_differences": Gradients([np.ones((2, 3, 4))]),
    "estimates": Gradients([np.zeros((2, 3, 4))]),
    "wafer_table": [{"hicann": 0, "usable": 512}],
    "sweep_table": [{"loop.batch": 3, "state": "converted", "run": 0, "accuracy": 0.5}],
    "sweep_report": "<html>a sweep</html>",
}
"""What an experiment without a sweep has none of."""
COUNTED = Counter()
MOST = 120
"""Pairs of files of a kind that are tried in each other's place."""


def snakemake(folder, *arguments, root=ROOT):
    """A real run of the small experiment."""
    if not (folder / "config").exists():
        shutil.copytree(ROOT / "config", folder / "config")
    command = [
        SNAKEMAKE, "--snakefile", root / "Snakefile", "--directory", folder, "--cores", "2",
        "--workflow-profile", root / "workflow/profiles/default",
        "--configfile", "config/smoke.yaml", *arguments,
    ]  # fmt: skip
    environment = os.environ | {"PYTHONPATH": str(root / "workflow")}
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    return result.returncode, result.stdout + result.stderr


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished experiment; tests work on copies of it."""
    folder = tmp_path_factory.mktemp("finished")
    code, said = snakemake(folder)
    assert code == 0, said
    return folder


@pytest.fixture(scope="module")
def known():
    return identities(configured())


@pytest.fixture(scope="module")
def whole(finished, known, tmp_path_factory):
    """Every kind of result file: those of the experiment, and some of each of the others."""
    folder = tmp_path_factory.mktemp("whole")
    shutil.copytree(finished / "results", folder / "results")
    for name, content in NOT_MADE.items():
        for n in range(2):
            file = files.path(name, "smoke", run=n, iteration=0)
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            job(known)._write(str(folder / file), content)
    return folder


@pytest.fixture(scope="module", autouse=True)
def told():
    """What was counted, for docs/reliability.md (shown by pytest -s)."""
    yield
    print("\n" + "\n".join(f"{name}: {number}" for name, number in sorted(COUNTED.items())))


def test_the_whole_is_taken(whole, known):
    found = every(whole / "results/smoke")
    assert set(found.values()) == set(files.FILES)
    for path in found:
        assert read(path, known) is not None
    COUNTED["files"] = len(found)
    COUNTED["origins beside them"] = sum(len(parts(path)) - 1 for path in found)


@pytest.mark.parametrize("name", files.FILES)
def test_damaged_files_are_refused(whole, known, name):
    harmless = 0
    for path in [path for path, kind in every(whole / "results/smoke").items() if kind == name]:
        before = read(path, known)
        for part in parts(path):
            content = part.read_bytes()
            for damage, changed in damages(content).items():
                assert changed != content
                part.write_bytes(changed)
                found = read(path, known)
                # some bits say nothing: a date, an attribute
                assert found is None or found == before, (part, damage)
                if found is not None:
                    assert damage.startswith(("bit", "appended")), (part, damage)
                    harmless += 1
                COUNTED["damages"] += 1
            part.unlink()
            assert read(path, known) is None
            COUNTED["damages"] += 1
            part.write_bytes(content)
        assert read(path, known) == before
    COUNTED["damages without effect, same content"] += harmless


@pytest.mark.parametrize("name", files.FILES)
def test_files_in_the_place_of_others_are_refused(whole, known, name):
    """Of another run, state, iteration, HICANN or figure; and of another kind."""
    found = every(whole / "results/smoke")
    alike = [path for path, kind in found.items() if kind == name]
    others = [
        next(path for path, kind in found.items() if kind == other)
        for other in dict.fromkeys(found.values())
        if other != name
    ]
    pairs = list(permutations(alike, 2))
    # figures are many
    chosen = np.random.default_rng(0).permutation(len(pairs))[:MOST]
    pairs = [*(pairs[n] for n in chosen), *((alike[0], other) for other in others)]
    for path, other in pairs:
        before = [part.read_bytes() for part in parts(path)]
        for number in range(1, len(parts(path)) + 1):
            same = len(parts(path)) == len(parts(other))
            if number > 1 and not same:
                continue
            for part, given in list(zip(parts(path), parts(other), strict=False))[:number]:
                part.write_bytes(given.read_bytes())
            # two runs may have the same table, such as one of no losses: then it is as good
            if path.read_bytes() != before[0] or number > 1:
                assert read(path, known) is None, (path, other)
                COUNTED["files in the place of others"] += 1
        for part, content in zip(parts(path), before, strict=True):
            part.write_bytes(content)


def test_files_of_another_configuration_are_refused(whole, known):
    other = identities(configured(seed=1))
    for path in every(whole / "results/smoke"):
        assert read(path, other) is None, path
        COUNTED["files of another configuration"] += 1
    # what another rate of learning does not change is as good
    smoke = configured()
    slower = identities(replace(smoke, loop=replace(smoke.loop, learning_rate=0.01)))
    taken = {
        name
        for path, name in every(whole / "results/smoke").items()
        if read(path, slower) is not None
    }
    assert {"dataset", "software", "mapping", "circuits", "evaluation", "progress"} <= taken
    assert not taken & {"checkpoint", "final", "loop_table", "summary", "figure", "report"}


def test_files_of_another_version_are_refused(whole, tmp_path, monkeypatch):
    root = tmp_path / "waferloop"
    shutil.copytree(source.ROOT, root, ignore=shutil.ignore_patterns("__pycache__"))
    for module in root.rglob("*.py"):
        module.write_text(f"{module.read_text()}\nEDITED = 1\n")
    monkeypatch.setattr(source, "ROOT", root)
    forget()
    try:
        edited = identities(configured())
    finally:
        monkeypatch.undo()
        forget()
    for path in every(whole / "results/smoke"):
        assert read(path, edited) is None, path
        COUNTED["files of another version"] += 1


def forget():
    """Let code be hashed anew."""
    hashes = (source.fingerprint, source.modules, source.imports, source._hash, source._tree)
    for cached in (*hashes, stages._own):
        cached.cache_clear()


def test_a_figure_drawn_by_other_code_is_refused(whole, known):
    """Though it is as young as the others, and its table is the same."""
    name = pages.figure("accuracy")
    edited = known | {name: "drawn otherwise"}
    for path, kind in every(whole / "results/smoke").items():
        refused = kind == "figure" and path.stem == "accuracy"
        assert (read(path, edited) is None) == refused


def raw(folder):
    """The files of a source, not compressed."""
    for path in idx.files(BUNDLED):
        values = idx.read_idx(path)[:200]
        shape = np.array(values.shape, ">u4").tobytes()
        header = bytes([0, 0, 8, values.ndim]) + shape
        (folder / path.stem).write_bytes(header + values.tobytes())
    return idx.files(folder)


def packed(folder):
    """The same, compressed."""
    for path in raw(folder):
        (folder / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
        path.unlink()
    return idx.files(folder)


def archive(folder):
    random = np.random.default_rng(0)
    x, y = random.random((60, 10, 10)), np.arange(60) % 10
    np.savez(folder / "mine.npz", x_train=x, y_train=y, x_test=x[::-1], y_test=y[::-1])
    return [folder / "mine.npz"]


@pytest.mark.parametrize("make", [packed, raw, archive])
def test_damaged_data_are_refused_or_known_for_others(tmp_path, make):
    paths = make(tmp_path)
    place = paths[0] if make is archive else tmp_path
    section = settings.Dataset(source=str(place), classes=(0, 1), pixels=10)

    def loaded():
        try:
            return store.content_hash(store.flatten(datasets.load(section, paths)))
        except UserError as error:
            said = str(error)
        assert str(place) in said, said
        return None

    before, identity = loaded(), datasets.fingerprint(paths)
    assert before
    for path in paths:
        content = path.read_bytes()
        for damage, changed in damages(content, bits=10).items():
            path.write_bytes(changed)
            found = loaded()
            if make is raw and damage.startswith("bit"):
                # nothing in these says what they should be: only their hash is another
                assert datasets.fingerprint(paths) != identity
            else:
                assert found is None or found == before, (path, damage)
            COUNTED["damages of data"] += 1
        path.write_bytes(content)
    for one, other in permutations(paths, 2):
        content = one.read_bytes()
        one.write_bytes(other.read_bytes())
        assert loaded() is None or datasets.fingerprint(paths) != identity
        one.write_bytes(content)
        COUNTED["damages of data"] += 1
    assert loaded() == before


def content(folder):
    """Of all results: hashes of archives, bytes of texts, without wall times."""
    found = {}
    for path in every(folder / "results/smoke"):
        name = str(path.relative_to(folder))
        if path.suffix == ".npz":
            found[name] = store.content_hash(store.load_arrays(path))
        elif path.name == "loop.csv":
            found[name] = re.sub(r",[^,]*$", "", path.read_text(), flags=re.MULTILINE)
        elif path.name == "summary.json":
            summary = json.loads(path.read_text())
            del summary["emulator"], summary["iteration"]["emulator_s"]
            found[name] = summary
        elif path.stem not in ("manifest", "report", "timing"):
            found[name] = path.read_bytes()
    # an archive says in the same place which code and data it is of
    return found


def test_what_is_named_is_deleted_and_made_again(finished, tmp_path):
    """Files of several stages at once, as people find and mend it."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    before, smoke = content(tmp_path), tmp_path / "results/smoke"
    hurt = {
        smoke / "runs/0/loop.csv": lambda whole: whole.replace(b",0.", b",1.", 1),
        smoke / "runs/1/epochs/0003.npz": lambda whole: whole[: len(whole) // 2],
        smoke / "runs/1/evaluation/converted.npz": lambda whole: b"",
        smoke / "runs/0/activation/converted.npz": lambda whole: whole[:-9],
        smoke / "figures/weights.svg": lambda whole: whole.replace(b"<path", b"<g", 1),
        smoke / "summary.json": lambda whole: whole[:100],
    }
    for path, damage in hurt.items():
        whole = path.read_bytes()
        path.write_bytes(damage(whole))
        assert path.read_bytes() != whole
    named = set()
    for _ in range(len(hurt)):
        code, said = snakemake(tmp_path, "--keep-going")
        assert "Traceback" not in said
        if code == 0:
            break
        found = {
            tmp_path / path
            for path in re.findall(r"^error: (\S+): .*delete it", said, re.MULTILINE)
        }
        assert found, said
        assert found <= hurt.keys()
        for path in found:
            path.unlink()
        named |= found
    assert code == 0, said
    # final pages are seen at the start and made again at once
    assert named == {path for path in hurt if path.is_relative_to(smoke / "runs")}
    assert content(tmp_path) == before


def test_pages_that_only_people_read_are_made_again(finished, tmp_path):
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    before, smoke = content(tmp_path), tmp_path / "results/smoke"
    assert "Nothing to be done" in snakemake(tmp_path)[1]
    report, figure = smoke / "report.html", smoke / "figures/accuracy.png"
    table, summary = smoke / "runs/0/mapping.csv", smoke / "summary.json"
    page = report.read_bytes()
    report.write_bytes(page.replace(b"97", b"99"))
    figure.write_bytes(figure.read_bytes()[:-1])
    whole = table.read_bytes()
    table.write_bytes(whole[:-1])
    # whole, of another configuration, and Snakemake knows nothing of it
    texts.save(summary, summary.read_bytes(), replace(texts.SUMMARY, identity="another"))
    code, said = snakemake(tmp_path)
    assert code == 0, said
    # nothing that is made now depends on it
    assert f"{table.relative_to(tmp_path)}: not what was written" in said
    table.write_bytes(whole)
    for path in (report, figure):
        assert f"{path.relative_to(tmp_path)}: not what was written" in said
    # it may be somebody's work
    assert report.with_name(f"{report.name}{pages.ASIDE}").read_bytes() == page.replace(
        b"97", b"99"
    )
    assert content(tmp_path) == before
    assert texts.proved(report)
    assert "Nothing to be done" in snakemake(tmp_path)[1]


def test_results_without_what_snakemake_remembers(finished, tmp_path):
    """Copied: of the same configuration they are as good, of another they are not used."""
    shutil.copytree(finished / "results", tmp_path / "results")
    code, said = snakemake(tmp_path)
    assert code == 0, said
    assert "Nothing to be done" in said
    before = content(tmp_path)
    # pages that nobody asks for stay
    snakemake(tmp_path, "--config", "seed=1", "--", "results/smoke/dataset.npz")
    assert content(tmp_path) == before
    code, said = snakemake(tmp_path, "--keep-going", "--config", "seed=1")
    assert code != 0
    assert "Traceback" not in said
    refused = re.findall(
        r"^error: (\S+): made with another config, other data or another version of the code; "
        "delete it, and it will be made again",
        said,
        re.MULTILINE,
    )
    assert refused
    # nothing was made from them
    after = content(tmp_path)
    assert {name: after[name] for name in after} == {name: before[name] for name in after}


def test_results_of_another_version_of_the_code(finished, tmp_path):
    root, folder = tmp_path / "edited", tmp_path / "work"
    folder.mkdir()
    shutil.copytree(
        ROOT / "workflow", root / "workflow", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copytree(ROOT / "config", root / "config")
    for name in ("Snakefile", "environment.yml"):
        shutil.copy(ROOT / name, root)
    with open(root / "workflow/waferloop/learning/loop.py", "a") as file:
        file.write("\nEDITED = 1\n")
    shutil.copytree(finished / "results", folder / "results")
    code, said = snakemake(folder, "--keep-going", root=root)
    assert code != 0
    assert re.search(r"^error: \S+loop\.csv: made with .*another version of the code", said, re.M)
    assert "Traceback" not in said
    # with what Snakemake remembers, all that runs the code is made again, and gives the same
    shutil.rmtree(folder)
    shutil.copytree(finished, folder)
    code, said = snakemake(folder, "--", "results/smoke/summary.json", root=root)
    assert code == 0, said
    assert "loop: done" in said
    assert content(folder) == content(finished)
