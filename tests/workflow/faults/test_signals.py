"""Signals end the workflow in order: told, nothing damaged, nothing left, and the same command."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import tiny_runs
from conftest import heed_signals

MOMENTS = [
    (signal.SIGINT, os.killpg, "dataset.npz"),
    (signal.SIGTERM, os.kill, "calibration/w0.npz"),
    (signal.SIGHUP, os.killpg, "runs/0/mapping.npz"),
    (signal.SIGINT, os.kill, "runs/0/conversion/converted.npz"),
    (signal.SIGTERM, os.killpg, "runs/0/epochs/0001.npz"),
    (signal.SIGHUP, os.kill, "runs/0/epochs/0002.npz"),
]


def processes(session):
    """Those of a session that are not over."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = path.read_text().rpartition(")")
        except OSError:
            continue
        state, _, _, of = rest.split()[:4]
        if int(of) == session and state != "Z":
            found.append(name)
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
def test_signals_end_it_in_order(undisturbed, tmp_path):
    for number, send, marker in MOMENTS:
        log = tmp_path / "said.txt"
        with open(log, "w") as file:
            process = subprocess.Popen(
                tiny_runs.command(tmp_path, *tiny_runs.SUMMARY, cores=1),
                stdout=file, stderr=file, start_new_session=True, preexec_fn=heed_signals,
            )  # fmt: skip
        # jobs that the last signal let finish may have made the marker before
        while process.poll() is None and not (
            (tmp_path / tiny_runs.RESULTS / marker).exists()
            and "tiny: 1 run of " in log.read_text()
        ):
            time.sleep(0.01)
        assert process.poll() is None, log.read_text()
        send(process.pid, number)
        code, said = process.wait(), log.read_text()
        assert code == 1, said
        assert "Terminating processes on user request" in said
        assert "Traceback" not in said
        assert processes(process.pid) == []
        hidden = (tmp_path / tiny_runs.RESULTS).rglob(".*")
        assert [path for path in hidden if path.suffix != ".origin"] == []
        assert not list((tmp_path / ".snakemake/scripts").iterdir())
        assert not list(tmp_path.glob(".snakemake/*/*.lock"))
    code, said = tiny_runs.snakemake(tmp_path, *tiny_runs.SUMMARY)
    assert code == 0, said
    assert tiny_runs.contents(tmp_path) == tiny_runs.contents(undisturbed)
