"""What people look at is made again when it is not as it should be."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from waferloop import figures, settings
from waferloop.errors import UserError
from waferloop.experiment import files, pages, source, stages, texts
from waferloop.experiment.store import Origin

FIGURES = tuple(map(pages.figure, (*figures.FIGURES, *figures.SWEEP_FIGURES)))
PAGES = (*pages.CODE, *FIGURES)
OF_SWEEPS = set(map(pages.figure, figures.SWEEP_FIGURES))


@pytest.fixture
def about(config):
    experiment = replace(settings.of(config), experiment="x")
    found = stages.identities(experiment, {"dataset": "data"})
    variants = (({"loop.batch": 3}, found), ({"loop.batch": 4}, found))
    return pages.Pages(experiment, found, variants, {"dataset": "y"}, "speed")


def changed(one, other):
    return {page for page in PAGES if one.identity(page) != other.identity(page)}


def test_pages_follow_their_stages(about):
    def other(stage, **given):
        return replace(about, stages=about.stages | {stage: "another"}, **given)

    drawn = {"manifest", "report", "sweep_report", *FIGURES}
    assert changed(about, other("traces")) == drawn
    assert changed(about, other("calibrate_hicann")) == drawn | {"wafer_table"}
    swept = ((values, found | {"summary": "another"}) for values, found in about.variants)
    tables = {"sweep_table", "sweep_report"}
    assert changed(about, replace(about, variants=tuple(swept))) == tables | OF_SWEEPS
    # a sweep changes nothing of the experiment that is swept but what tells all of its settings
    whole = {"manifest", "report", "sweep_report"}
    assert changed(about, other("estimates")) == whole | OF_SWEEPS


def test_pages_follow_what_is_no_stage(about):
    assert changed(about, replace(about, makers={})) == {"manifest", "report"}
    assert changed(about, replace(about, speed="faster")) == {"report", "figure timing"}
    asked = {"iterations": (0, 3), "runs": 2}
    experiment = about.experiment
    section = replace(experiment.finite_differences, **asked)
    more = replace(about, experiment=replace(experiment, finite_differences=section))
    assert changed(about, more) == {"manifest", "report", "sweep_report", *OF_SWEEPS}


def test_figures_of_peers_are_those_that_ask_for_them():
    asking = {
        name
        for name in (*figures.FIGURES, *figures.SWEEP_FIGURES)
        if any(one.file == "speed" for one in figures.load(name).INPUTS.values())
    }
    assert asking == set(figures.OF_PEERS)


@pytest.mark.parametrize(
    ("file", "redone"),
    [
        ("figures/accuracy.py", {"figure accuracy", "report"}),
        ("figures/angles.py", {"figure angles", "sweep_report"}),
        ("figures/style.py", {"report", "sweep_report", *FIGURES}),
        ("experiment/manifest.py", {"manifest", "report"}),
        ("report/__init__.py", {"report", "sweep_report"}),
        ("report/report.html.j2", {"report", "sweep_report"}),
        ("report/charts.py", {"report", "sweep_report"}),
        ("report/page.js", {"report", "sweep_report"}),
        ("experiment/job.py", set()),
    ],
)
def test_an_edit_redoes_what_shows_it(about, tmp_path, monkeypatch, file, redone):
    root = tmp_path / "waferloop"
    shutil.copytree(source.ROOT, root, ignore=shutil.ignore_patterns("__pycache__"))
    before = {page: about.identity(page) for page in PAGES}
    with open(root / file, "a") as edited:
        edited.write("\nEDITED = 1\n")
    monkeypatch.setattr(source, "ROOT", root)
    hashes = (source.fingerprint, source.modules, source.imports, source._hash, source._tree)
    for cached in hashes:
        cached.cache_clear()
    try:
        assert {page for page in PAGES if before[page] != about.identity(page)} == redone
    finally:
        monkeypatch.undo()
        for cached in hashes:
            cached.cache_clear()


@pytest.fixture
def made(about, tmp_path, monkeypatch):
    """Some pages of an experiment."""
    monkeypatch.chdir(tmp_path)
    found = {}
    for name in ("summary", "manifest", "report", "figure", "losses"):
        path = files.path(name, "x", figure="accuracy", kind="png", run=4)
        place = files.place(path)
        identity = about.stages.get(place.stage) or about.identity(place.stage)
        found[name] = Path(path)
        found[name].parent.mkdir(parents=True, exist_ok=True)
        texts.save(found[name], name.encode(), Origin(place.stage, place.which, identity))
    return found


def test_pages_as_they_should_be_stay(about, made):
    assert pages.unfit(about) == {}


def test_every_text_is_looked_at(about):
    kinds = {files.place(path).name for path in pages.looked_at(about.experiment)}
    assert kinds == {name for name, file in files.FILES.items() if not file.kind}


def test_damaged_pages_are_told_and_put_aside(about, made):
    made["figure"].write_bytes(b"mine")
    texts.beside(made["summary"]).unlink()
    found = pages.unfit(about)
    assert found.keys() == {str(made["summary"]), str(made["figure"])}
    assert all(said.startswith(f"{path}: ") for path, said in found.items())
    assert all(path.exists() for path in made.values())
    pages.put_aside(found)
    kept = {name for name, path in made.items() if path.exists()}
    assert kept == {"manifest", "report", "losses"}
    aside = made["figure"].with_name(f"{made['figure'].name}{pages.ASIDE}")
    assert aside.read_bytes() == b"mine"


def test_pages_of_another_configuration_make_room_without_a_word(about, made):
    others = {"summary": "another", "mapping": "another"}
    found = pages.unfit(replace(about, stages=about.stages | others))
    assert found == {str(path): "" for path in made.values()}
    pages.put_aside(found)
    assert not any(path.exists() for path in made.values())


def test_pages_that_must_stay_are_refused(about, made, monkeypatch):
    made["report"].write_bytes(b"")

    def readonly(path, to):
        raise PermissionError("Read-only file system")

    monkeypatch.setattr(os, "replace", readonly)
    with pytest.raises(UserError, match=r"report\.html: is to be made again, but cannot be .*only"):
        pages.put_aside(pages.unfit(about))
