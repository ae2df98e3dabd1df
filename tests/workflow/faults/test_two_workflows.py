"""Two workflows in one folder, and one without a network."""

import os
import signal
import subprocess
import time

import tiny_runs

BLOCKER = """
import os, socket

def refused(*arguments, **names):
    with open(os.path.join(os.path.dirname(__file__), "asked"), "a") as file:
        file.write(f"{arguments}\\n")
    raise OSError("no network")

class Socket(socket.socket):
    def connect(self, address):
        return super().connect(address) if self.family == socket.AF_UNIX else refused(address)
    connect_ex = connect

socket.socket, socket.getaddrinfo, socket.create_connection = Socket, refused, refused
"""


def test_the_second_is_told_and_the_first_is_unharmed(undisturbed, tmp_path):
    said = tmp_path / "said.txt"
    with open(said, "w") as file:
        first = subprocess.Popen(
            tiny_runs.command(tmp_path, *tiny_runs.SUMMARY), stdout=file, stderr=file
        )
    while not (tmp_path / tiny_runs.RESULTS / "dataset.npz").exists() and first.poll() is None:
        time.sleep(0.01)
    # however fast it is: it waits for what comes now
    first.send_signal(signal.SIGSTOP)
    try:
        assert first.poll() is None, said.read_text()
        code, told = tiny_runs.snakemake(tmp_path, *tiny_runs.SUMMARY)
        assert code == 1
        assert f"results/tiny is in use by process {first.pid} on" in told
        assert "Traceback" not in told
        code, told = tiny_runs.snakemake(tmp_path, "--dry-run", *tiny_runs.SUMMARY)
        assert code == 0, told
        # another experiment is in nobody's way
        code, told = tiny_runs.snakemake(
            tmp_path, "--config", "experiment=other", "--", "results/other/dataset.npz"
        )
        assert code == 0, told
    finally:
        first.send_signal(signal.SIGCONT)
    assert first.wait() == 0, said.read_text()
    assert tiny_runs.contents(tmp_path) == tiny_runs.contents(undisturbed)


def test_no_network_is_asked_for(undisturbed, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(BLOCKER)
    path = os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", "")))
    report = ("--", "results/tiny/summary.json", "results/tiny/figures/accuracy.svg")
    code, said = tiny_runs.snakemake(tmp_path, *report, env={"PYTHONPATH": path})
    assert code == 0, said
    assert not (tmp_path / "asked").exists(), (tmp_path / "asked").read_text()
    assert (tmp_path / "results/tiny/figures/accuracy.svg").exists()
    # it is asked where it would be
    asks = "import urllib.request; urllib.request.urlopen('http://192.0.2.1')"
    python = tiny_runs.SNAKEMAKE.with_name("python")
    env = {**os.environ, "PYTHONPATH": path}
    asked = subprocess.run([python, "-c", asks], check=False, env=env, capture_output=True)
    assert asked.returncode == 1
    assert (tmp_path / "asked").exists()
