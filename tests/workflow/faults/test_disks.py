"""Disks that are full or cannot be written: told in a line, nothing damaged, the same command."""

import os
import resource
import shutil
import subprocess
import sys

import pytest
import tiny_runs
from conftest import ROOT

CALIBRATION = ("--", tiny_runs.RESULTS / "runs/0/calibration.npz")
MOUNTED = "needs to be root and allowed to mount"


def mounted(*arguments):
    return not subprocess.run(["mount", *arguments], check=False, capture_output=True).returncode


def left_over(folder):
    return [path for path in (folder / "results").rglob(".*") if path.suffix != ".origin"]


def test_a_full_disk(undisturbed, tmp_path):
    results = tmp_path / "results"
    results.mkdir()
    if not mounted("-t", "tmpfs", "-o", "size=8m", "tmpfs", results):
        pytest.skip(MOUNTED)
    try:
        fill = results / "fill"
        free = os.statvfs(results)
        fill.write_bytes(bytes(free.f_bavail * free.f_frsize - 300_000))
        code, said = tiny_runs.snakemake(tmp_path, *tiny_runs.SUMMARY)
        assert code == 1
        assert f"error: {tiny_runs.RESULTS}/" in said
        assert ": No space left on device; make room, then give the same command again" in said
        assert "Traceback" not in said
        assert left_over(tmp_path) == []
        fill.write_bytes(b"")
        free = os.statvfs(results)
        fill.write_bytes(bytes(free.f_bavail * free.f_frsize))
        # not a byte more: told before any work
        code, said = tiny_runs.snakemake(tmp_path, *tiny_runs.SUMMARY)
        assert code == 1
        assert f"error: {tiny_runs.RESULTS}: No space left on device; make room" in said
        assert "Traceback" not in said
        fill.unlink()
        code, said = tiny_runs.snakemake(tmp_path, *tiny_runs.SUMMARY)
        assert code == 0, said
        assert tiny_runs.contents(tmp_path) == tiny_runs.contents(undisturbed)
    finally:
        subprocess.run(["umount", results], check=True)


def test_a_limit_on_the_size_of_files(tmp_path):
    limited = subprocess.run(
        tiny_runs.command(tmp_path, *CALIBRATION), capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)),
    )  # fmt: skip
    said = limited.stdout + limited.stderr
    assert limited.returncode == 1
    assert f"error: {CALIBRATION[1]}: File too large; allow larger files (ulimit -f)" in said
    assert "Traceback" not in said
    assert left_over(tmp_path) == []
    code, said = tiny_runs.snakemake(tmp_path, *CALIBRATION)
    assert code == 0, said


def test_results_that_cannot_be_written(undisturbed, tmp_path):
    shutil.copytree(undisturbed, tmp_path, dirs_exist_ok=True)
    results = tmp_path / "results"
    (results / "tiny/summary.json").unlink()
    if not mounted("--bind", results, results):
        pytest.skip(MOUNTED)
    try:
        if not mounted("-o", "remount,bind,ro", results):
            pytest.skip(MOUNTED)
        code, said = tiny_runs.snakemake(tmp_path, *tiny_runs.SUMMARY)
    finally:
        subprocess.run(["umount", results], check=True)
    assert code == 1
    assert f"error: {tiny_runs.RESULTS}: Read-only file system; make its folder writable" in said
    assert "Traceback" not in said
    code, said = tiny_runs.snakemake(tmp_path, *tiny_runs.SUMMARY)
    assert code == 0, said
    assert tiny_runs.contents(tmp_path) == tiny_runs.contents(undisturbed)


def test_a_file_in_the_place_of_the_results(tmp_path):
    (tmp_path / "results").write_text("mine")
    code, said = tiny_runs.snakemake(tmp_path, *tiny_runs.SUMMARY)
    assert code == 1
    assert f"{tiny_runs.RESULTS}: Not a directory; move away what stands in the place" in said
    assert "Traceback" not in said
    assert (tmp_path / "results").read_text() == "mine"


@pytest.mark.skipif(sys.platform != "linux", reason="a home that nobody can write is /dev/null")
def test_a_home_that_cannot_be_written(undisturbed, tmp_path):
    shutil.copytree(undisturbed, tmp_path, dirs_exist_ok=True)
    home = {"HOME": "/dev/null", "XDG_CACHE_HOME": str(tmp_path / "cache"), "MPLCONFIGDIR": ""}
    figure = tiny_runs.RESULTS / "figures/accuracy.svg"
    code, said = tiny_runs.snakemake(tmp_path, "--", figure, env=home)
    assert code == 0, said
    assert (tmp_path / tiny_runs.RESULTS / "logs/figure.accuracy.log").read_text() == ""


@pytest.mark.skipif(sys.platform != "linux", reason="a home that nobody can write is /dev/null")
@pytest.mark.parametrize(("home", "cache"), [("/dev/null", ".snakemake/cache"), ("", "")])
def test_make_gives_snakemake_a_cache(tmp_path, home, cache):
    # the tests may be called by make, which tells its children what it is doing
    apart = ("XDG_CACHE_HOME", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    env = {key: value for key, value in os.environ.items() if key not in apart}
    shown = subprocess.run(
        ["make", "--file", ROOT / "Makefile", "--eval", "shown: ; @echo $$XDG_CACHE_HOME", "shown"],
        cwd=tmp_path, env={**env, "HOME": home or str(tmp_path)}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert shown.stdout.strip() == (str(tmp_path / cache) if cache else "")
