"""One workflow at a time writes an experiment, and a killed one is in nobody's way."""

import json
import signal
import subprocess
import sys
import textwrap

import pytest
from conftest import heed_signals
from waferloop.errors import UserError
from waferloop.experiment import lock

HOLD = """
    import sys, time
    from waferloop.experiment import lock
    lock.hold(*sys.argv[1:])
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def holder(folder):
    """Starts processes that hold locks until they are killed or their input ends."""
    started = []

    def start(*names):
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(HOLD), *names],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=heed_signals,
        )  # fmt: skip
        started.append(process)
        assert process.stdout.readline() == "held\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def left_by_snakemake(experiment, name="0.output.lock"):
    """What Snakemake leaves when it is killed."""
    lock.THEIRS.mkdir(parents=True, exist_ok=True)
    (lock.THEIRS / name).write_text(f"results/{experiment}/dataset.npz\nelsewhere/a.txt\n")
    return lock.THEIRS / name


def test_the_second_is_told_of_the_first(holder):
    first = holder("mine")
    theirs = left_by_snakemake("mine")
    with pytest.raises(UserError, match=rf"results/mine is in use by process {first.pid} on"):
        lock.hold("mine")
    assert theirs.exists()


def test_other_experiments_go_on_side_by_side(holder):
    holder("mine")
    holder("mine/sweep/a=1")
    theirs = left_by_snakemake("mine")
    killed = holder("other")
    killed.kill()
    killed.wait()
    other = left_by_snakemake("other", "1.output.lock")
    holder("other")
    assert theirs.exists()
    assert not other.exists()


def test_what_runs_start_from_is_not_written_meanwhile(holder):
    holder("mine", "before")
    holder("more", "before")
    with pytest.raises(UserError, match="results/before is in use"):
        lock.hold("before")


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_what_a_killed_process_left_is_free(holder, sent):
    first = holder("mine")
    theirs = left_by_snakemake("mine")
    first.send_signal(sent)
    first.wait()
    second = holder("mine")
    assert not theirs.exists()
    second.communicate()
    assert second.returncode == 0
    assert not list(lock.OURS.iterdir())


def test_a_process_of_another_machine_may_be_alive(holder):
    first = holder("mine")
    first.kill()
    first.wait()
    (ours,) = lock.OURS.iterdir()
    ours.write_text(json.dumps({"process": "7", "host": "node7", "boot": "another"}))
    theirs = left_by_snakemake("mine")
    with pytest.raises(UserError, match=r"locked by process 7 on node7.*snakemake --unlock"):
        lock.hold("mine")
    # which is what this does
    theirs.unlink()
    holder("mine")


def test_locks_of_nobody_known_are_left_alone(folder):
    theirs = left_by_snakemake("mine")
    with pytest.raises(UserError, match="snakemake --unlock"):
        lock.hold("mine")
    assert theirs.exists()


def test_a_file_system_without_such_locks_leaves_it_to_snakemake(folder, monkeypatch):
    def missing(file, kind):
        raise OSError("Function not implemented")

    monkeypatch.setattr(lock.fcntl, "flock", missing)
    theirs = left_by_snakemake("mine")
    lock.hold.__wrapped__("mine")
    assert theirs.exists()


def test_a_job_waits_for_one_of_its_name(tmp_path):
    """Which a killed workflow has left running."""
    job = """
        import sys, types
        from waferloop.experiment.job import started
        with started(types.SimpleNamespace(log=sys.argv[1:])):
            print("first" if len(sys.argv) == 2 else "second")
            sys.__stdout__.write("started\\n")
            sys.__stdout__.flush()
            sys.stdin.read()
    """
    log = tmp_path / "job.log"

    def start(*arguments):
        return subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(job), log, *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=heed_signals,
        )  # fmt: skip

    first = start()
    assert first.stdout.readline() == "started\n"
    second = start("again")
    second.stdin.close()
    with pytest.raises(subprocess.TimeoutExpired):
        second.wait(3)
    assert log.read_text() == "first\n"
    first.communicate()
    assert second.wait() == 0
    assert log.read_text() == "second\n"
