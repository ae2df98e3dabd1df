"""How far a workflow is, from what Snakemake tells of its jobs, and how that is shown."""

import io
import json
import logging
import os
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry
from snakemake_logger_plugin_waferloop import LogHandler, views
from snakemake_logger_plugin_waferloop.plan import Plan
from waferloop import figures
from waferloop.experiment import files, progress, store
from waferloop.experiment.config import configure
from waferloop.experiment.progress import At, Progress, Started
from waferloop.experiment.rig import Rig
from waferloop.experiment.store import Origin
from waferloop.learning.checkpoint import Measured


def iterations(run=0, last=40, before=0, since=0.0, experiment="mine"):
    """The job of a loop."""
    where = {"experiment": experiment, "run": str(run), "iteration": f"{last:04d}"}
    path = files.path("checkpoint", experiment, run=run, iteration=last)
    return Started("iterate", f"run {run}: in the loop", where, (path,), before, since)


def job(rule, since=0.0, **where):
    return Started(rule, rule, {"experiment": "mine", **where}, (f"results/mine/{rule}",), 0, since)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def measure(run, iteration, accuracy, seconds=2.0):
    """What a loop writes in an iteration."""
    path = files.path("measured", "mine", run=run, iteration=iteration)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    metrics = {"batch_accuracy": accuracy, "seconds": seconds}
    store.save(store.Path(path), Measured(metrics), Origin("loop", (), "abc"))
    return path


def test_where_a_loop_is_comes_from_its_files(folder):
    under_way = iterations()
    assert progress.reached(under_way) is None
    measure(0, 1, 0.5)
    measure(0, 2, 0.75)
    assert progress.reached(under_way) == At(2, 0.75, 2.0)
    assert progress.reached(under_way, 1) == At(2, 0.75, 2.0)
    assert progress.reached(under_way, 2) is None


def test_iterations_are_numbers_and_are_looked_for_beyond_the_last_known(folder):
    under_way = iterations(last=20_000)
    measure(0, 9999, 0.5)
    measure(0, 10_000, 0.75)
    assert progress.reached(under_way, 9998) == At(10_000, 0.75, 2.0)
    assert progress.reached(under_way, 10_000) is None


def test_files_of_an_earlier_job_tell_nothing(folder):
    """Which was interrupted after its third iteration, or is made again; this one goes on."""
    for iteration in (1, 2, 3, 4):
        os.utime(measure(0, iteration, 0.9), (50, 50))
    assert progress.reached(iterations(since=100.0)) is None
    measure(0, 2, 0.6)
    measure(0, 3, 0.7)
    assert progress.reached(iterations(since=100.0)).iteration == 3
    assert progress.reached(iterations(since=100.0), 3) is None


def test_a_long_loop_is_not_looked_through_at_each_look(folder, monkeypatch):
    for iteration in range(1, 41):
        measure(0, iteration, 0.5)
    looked = []
    exists = progress.Path.exists
    monkeypatch.setattr(progress.Path, "exists", lambda path: looked.append(path) or exists(path))
    assert progress.reached(iterations(), 39).iteration == 40
    assert len(looked) <= 3


def test_a_damaged_file_is_no_reason_to_end(folder):
    path = measure(0, 1, 0.5)
    with open(path, "wb") as file:
        file.write(b"PK")
    assert progress.reached(iterations()) is None


def test_the_rest_takes_as_long_as_what_is_done_has_shown(folder):
    """Two loops of 40 iterations of 2 s side by side, and one that waits; nothing else."""
    found = Progress(Counter(software=1, iterate=3), 0.0, {"mine": 40}, per_job=40)
    assert found.left(0.0) is None
    found.start(0, job("software"))
    found.finish(0, 10.0)
    for run in (0, 1):
        found.start(run + 1, iterations(run, since=10.0))
        for iteration in range(1, 21):
            measure(run, iteration, 0.5)
    found.look()
    # 20 iterations of two, 40 of the third: 160 s of work; 90 s of jobs were done in 50 s
    assert found.left(50.0) == pytest.approx(160 / (90 / 50))
    assert found.percent(50.0) == int(100 * 90 / 250)
    for run in (0, 1):
        for iteration in range(21, 41):
            measure(run, iteration, 0.9, seconds=200.0)
    found.look()
    # slower than it was taken to be: nobody wants to read that less is done
    assert found.percent(51.0) == int(100 * 90 / 250)


def test_no_time_is_shorter_than_the_longest_job_that_runs(folder):
    found = Progress(Counter(software=4, iterate=1), 0.0, {"mine": 100}, per_job=100)
    for number in range(4):
        found.start(number, job("software"))
    for number in range(4):
        found.finish(number, 100.0)
    found.start(9, iterations(last=100, since=100.0))
    for iteration in range(1, 51):
        measure(0, iteration, 0.5)
    found.look()
    assert found.left(200.0) == pytest.approx(50 * 2.0)


def test_a_step_is_told_with_its_last_job_and_its_accuracies(folder):
    found = Progress(Counter(evaluation=2, figure=1), 0.0)
    for number, (state, accuracy) in enumerate((("uncalibrated", 0.5), ("converted", 0.875))):
        path = files.path("evaluation", "mine", run=0, state=state)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        origin = Origin("evaluation", (), "abc")
        store.save_arrays(store.Path(path), {"accuracy": np.array(accuracy)}, origin)
        where = {"experiment": "mine", "run": "0", "state": state}
        found.start(number, Started("evaluation", "", where, (path,)))
    assert found.finish(0, 1.0) == []
    (said,) = found.finish(1, 2.0)
    assert said == (
        "evaluation: done; test set not calibrated 50.0 % right, converted 87.5 % right"
    )


def test_accuracies_of_many_runs_are_told_by_their_percentiles(folder):
    """As on all pages: the lowest and the highest run are no part of them."""
    accuracies = [0.1, *[0.5] * 4, *[0.625] * 3, *[0.75] * 4, 1.0]
    found = Progress(Counter(evaluation=len(accuracies)), 0.0)
    for run, accuracy in enumerate(accuracies):
        path = files.path("evaluation", "mine", run=run, state="converted")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        origin = Origin("evaluation", (), "abc")
        store.save_arrays(store.Path(path), {"accuracy": np.array(accuracy)}, origin)
        where = {"experiment": "mine", "run": str(run), "state": "converted"}
        found.start(run, Started("evaluation", "", where, (path,)))
    said = [line for run in range(len(accuracies)) for line in found.finish(run, 1.0)]
    assert said == ["evaluation: done; test set converted 62.5 % right (50.0 ... 75.0)"]


def test_few_loops_are_told_one_by_one_and_many_by_their_range():
    found = Progress(Counter(iterate=9), 0.0, {"mine": 40, "mine/sweep/a=1": 40})
    found.start(0, iterations(3))
    found.start(1, iterations(0, experiment="mine/sweep/a=1"))
    found.loops[0] = At(12, 0.9, 1.0)
    assert found.under_way() == (
        "loop: run 3 iteration 12 of 40 (batch 90.0 % right), a=1 run 0 iteration 0 of 40"
    )
    for run in range(4, 8):
        found.start(run, iterations(run))
    assert found.under_way() == (
        "loop: 6 runs at iteration 0 to 12 of 40, batches 90.0 % right"
    )  # fmt: skip


def test_jobs_of_a_loop_that_are_submitted_together_are_one_loop(folder):
    found = Progress(Counter(iterate=3), 0.0, {"mine": 3})
    for number in (2, 0, 1):
        found.start(number, iterations(last=number + 1, before=number))
    assert found.under_way() == "loop: run 0 iteration 0 of 3"
    measure(0, 1, 0.5)
    measure(0, 2, 0.75, seconds=10.0)
    found.look()
    assert found.under_way() == "loop: run 0 iteration 2 of 3 (batch 75.0 % right)"
    assert found._work(0.0) == (10.0, 10.0)


def test_variants_of_a_sweep_are_told_as_they_are_done(folder):
    found = Progress(Counter(summary=2, figure=1), 0.0)
    spread = {"converted": {"median": 0.5}, "in_the_loop": {"median": 0.75}}
    for number, value in enumerate((1, 2)):
        experiment = f"mine/sweep/a={value}"
        path = folder / files.path("summary", experiment)
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(spread))
        found.start(number, Started("summary", "", {"experiment": experiment}, (str(path),)))
    assert found.finish(1, 1.0) == [
        "a=2: test set converted 50.0 % right, after the loop 75.0 % right; 1 of 2"
    ]


def simulated(found, view, jobs, cores):
    """Jobs, as rules with their times, on some cores; seconds are those of nobody's clock."""
    waiting, under_way, now = list(enumerate(jobs)), {}, 0.0
    while waiting or under_way:
        while waiting and len(under_way) < cores:
            number, (one, seconds) = waiting.pop(0)
            found.start(number, replace(one, since=now))
            under_way[number] = now + seconds
        now += 5.0
        view.show(found, now)
        for number in [n for n, end in under_way.items() if end <= now]:
            del under_way[number]
            for line in found.finish(number, now):
                view.tell(line, found, now)
    return now


def test_the_default_experiment_is_told_in_less_than_sixty_lines(folder):
    """With those that name what there is at the end."""
    experiment = configure()
    runs, rig = range(experiment.runs), Rig(experiment)
    each = {"software": 20, "mapping": 3, "first_checkpoint": 3, "loop_table": 3, "calibration": 3}
    jobs = [(job("dataset"), 5), *((job(rule, run=str(r)), t) for r in runs
                                   for rule, t in each.items())]  # fmt: skip
    jobs += [(job("calibrate_hicann"), 15)] * len(rig.hicanns) * experiment.runs
    jobs += [(job(rule, run=str(r)), 15) for r in runs for rule in ("conversion", "evaluation")] * 2
    jobs += [(iterations(r, last=240, experiment="default"), 300) for r in runs]
    jobs += [(job("final", run=str(r)), 20) for r in runs]
    jobs += [(job("figure"), 5)] * len(figures.FIGURES) + [(job("html_report"), 5)]
    totals = Counter(one.rule for one, _ in jobs)
    found, stream = Progress(totals, 0.0, {"default": 240}, per_job=240), io.StringIO()
    took = simulated(found, views.Plain(stream), jobs, cores=2)
    assert took > 15 * 60
    lines = stream.getvalue().splitlines()
    assert 20 < len(lines) + len(figures.FIGURES) + 5 < 60, stream.getvalue()
    assert found.percent(took) == 100


def test_jobs_that_are_submitted_together_share_their_time():
    shares = progress.shares(["software", "mapping", "iterate"])
    assert sum(shares) == pytest.approx(1)
    assert shares[2] > shares[0] > shares[1]


@pytest.mark.parametrize(
    ("log", "cause"),
    [
        ("3 circuits\nerror: a.npz: damaged; delete it\n", "error: a.npz: damaged; delete it"),
        ("Traceback (most recent call last):\n  x\nValueError: no\n", "error: ValueError: no"),
        ("slurmstepd: error: *** JOB 7 CANCELLED ***\n", "error: *** JOB 7 CANCELLED ***"),
        ("interrupted; the same command goes on from here\n", "interrupted; the same command goes "
         "on from here"),
        ("3 circuits\n", ""),
        (None, ""),
    ],
)  # fmt: skip
def test_why_a_job_failed_is_one_line_of_its_log(tmp_path, log, cause):
    path = tmp_path / "a.log"
    if log is not None:
        path.write_text(log)
    assert progress.cause([str(path)]) == cause


def test_times_are_as_exact_as_they_are_known():
    assert progress.clock(250) == "4:10"
    assert progress.clock(3850) == "1:04:10"
    assert progress.about(20) == "less than a minute"
    assert progress.about(620) == "about 10 min"
    assert progress.about(9000) == "about 2.5 h"


def test_snakemake_finds_the_logger():
    assert LoggerPluginRegistry().get_plugin("waferloop").log_handler is LogHandler


SETTINGS = {
    "printshellcmds": False, "nocolor": False, "quiet": None, "debug_dag": False, "verbose": False,
    "show_failed_logs": True, "stdout": False, "dryrun": False,
}  # fmt: skip


class Told:
    """A logger and all it has said, of a stream of records as Snakemake sends them."""

    def __init__(self, **settings):
        self.handler = LogHandler(SimpleNamespace(**{**SETTINGS, **settings}), None)
        self.handler.setFormatter(logging.Formatter("%(message)s"))
        self.stream = io.StringIO()
        self.handler._view = views.Plain(self.stream)

    def __call__(self, text="", event=None, level=logging.INFO, **more):
        record = logging.LogRecord("snakemake", level, "", 0, text, (), None)
        record.__dict__.update(more | ({"event": event} if event else {}))
        self.handler.handle(record)

    def plan(self, number, rule, message="what", **more):
        """A job of a dry run."""
        self("", LogEvent.JOB_INFO, jobid=number, rule_name=rule, rule_msg=message,
             reason="Missing output files: a; Code", **more)  # fmt: skip

    def introduce(self, *jobs, group=None):
        """What the workflow says before its first job: all jobs, which may be one group."""
        self("stats", LogEvent.RUN_INFO, stats={**Counter(j.rule.name for j in jobs), "total": 9})
        dag = SimpleNamespace(needrun_jobs=lambda: jobs, get_job_group=lambda job: group)
        self("mine: 2 runs", loops={"mine": 40}, per_job=40, dag=dag)

    @property
    def lines(self):
        return self.stream.getvalue().splitlines()


def snakes(number, rule, message="what", output=("out",), **wildcards):
    """A job as Snakemake has it."""
    return SimpleNamespace(
        jobid=number, rule=SimpleNamespace(name=rule), message=message, input=(), output=output,
        wildcards_dict=wildcards,
    )  # fmt: skip


def test_a_run_is_told_in_lines(folder):
    told = Told()
    for routine in ("Building DAG of jobs...", "Using shell: /bin/sh", "Provided cores: 2"):
        told(routine)
    told.introduce(
        snakes(1, "mapping", run=0), snakes(2, "mapping", run=1), snakes(0, "default", output=())
    )
    told("Execute 2 jobs...", LogEvent.JOB_STARTED, jobs=[1, 2])
    for number in (1, 2):
        told("Finished", LogEvent.JOB_FINISHED, job_id=number)
    told("Execute 1 jobs...", LogEvent.JOB_STARTED, jobs=[0])
    told("Finished", LogEvent.JOB_FINISHED, job_id=0)
    told("Elapsed time: 0:00:01")
    told.handler.close()
    assert told.lines[0] == "mine: 2 runs; 3 jobs"
    assert [line.split("%  ")[1] for line in told.lines[1:]] == ["mapping: done", "done"]
    assert told.lines[-1].split()[:2] == ["0:00", "100"]


def test_jobs_of_a_workflow_that_introduces_nothing_are_told(folder):
    told = Told()
    told("stats", LogEvent.RUN_INFO, stats={"mapping": 1, "total": 1})
    told("Execute 1 jobs...", LogEvent.JOB_STARTED, jobs=[7])
    told.plan(7, "mapping", output=["out"], input=[], wildcards={"run": 0})
    told("Finished", LogEvent.JOB_FINISHED, job_id=7)
    told.handler.close()
    assert [line.split("%  ")[1] for line in told.lines] == ["mapping: done"]


def test_what_is_not_to_be_told_is_not(folder):
    """As with --quiet progress: Snakemake keeps the numbers of jobs to itself."""
    told = Told()
    told("Execute 1 jobs...", LogEvent.JOB_STARTED, jobs=[7])
    told.plan(7, "mapping", output=["out"], input=[], wildcards={"run": 0})
    told("Finished", LogEvent.JOB_FINISHED, job_id=7)
    told.handler.close()
    assert told.lines == []


def test_a_job_that_failed_is_told_by_its_cause_and_its_log(folder):
    (folder / "mapping.log").write_text("error: a.npz: damaged; delete it\n")
    told = Told()
    rules = ("mapping", "software")
    told.introduce(*(snakes(n, rule, f"run {n}: {rule}") for n, rule in enumerate(rules)))
    told("Execute 2 jobs...", LogEvent.JOB_STARTED, jobs=[0, 1])
    for number, rule in enumerate(rules):
        told("RuleException:\nCalledProcessError in file x, line 3:\nCommand 'y' returned "
             f"non-zero exit status {number + 1}.", LogEvent.ERROR, logging.ERROR)  # fmt: skip
        told("Error", LogEvent.JOB_ERROR, logging.ERROR, jobid=number, rule_name=rule,
             log=[f"{rule}.log"], indent=False)  # fmt: skip
    told("Exiting because a job execution failed. Look above", level=logging.ERROR)
    told("Complete log(s): all.log")
    told("Elapsed time: 0:00:01")
    told.handler.close()
    *lines, last = told.lines
    assert last.endswith(" %  stopped; 0 of 2 jobs are done")
    assert lines[1:] == [
        "error: a.npz: damaged; delete it",
        "    in run 0: mapping; log: mapping.log",
        "error: it ended without a word (returned non-zero exit status 2)",
        "    in run 1: software; log: software.log",
        "Complete log(s): all.log",
    ]


def test_of_a_group_those_that_say_why_are_told(folder):
    (folder / "a.log").write_text("12 circuits usable\n")
    (folder / "b.log").write_text("error: no\n")
    told = Told()
    group = SimpleNamespace(jobid="e7")
    told.introduce(*(snakes(n, rule, f"run 0: {rule}") for n, rule in enumerate("ab")), group=group)
    told("Execute 1 jobs...", LogEvent.JOB_STARTED, jobs=["e7"])
    assert [job.share for job in told.handler._progress.running.values()] == [0.5, 0.5]
    infos = [{"jobid": n, "rule_name": r, "log": [f"{r}.log"]} for n, r in enumerate("ab")]
    told("Error", LogEvent.GROUP_ERROR, logging.ERROR, job_error_info=infos, aux_logs=["s.log"])
    for info in infos:
        told("Error", LogEvent.JOB_ERROR, logging.ERROR, indent=True, **info)
    told.handler.close()
    assert told.lines[1:] == ["error: no", "    in run 0: b; log: b.log, s.log"]
    assert not told.handler._progress.running


def test_warnings_and_unknown_messages_are_told_as_they_are():
    told = Told()
    told("Nothing to be done (all requested files are present and up to date).")
    told("beware", level=logging.WARNING)
    told("MissingInputException: x", LogEvent.ERROR, logging.ERROR)
    told.handler.close()
    assert told.lines == [
        "Nothing to be done (all requested files are present and up to date).", "beware",
        "MissingInputException: x",
    ]  # fmt: skip


def test_what_cannot_be_told_as_progress_does_not_end_a_run():
    told = Told()
    told.introduce(snakes(1, "mapping"))
    told("a job", LogEvent.JOB_FINISHED)
    told.handler.close()
    assert told.lines[1:] == ["a job", "(progress is not shown: KeyError: 'job_id')"]


def test_a_stream_that_is_closed_does_not_end_a_run():
    told = Told()
    told.stream.close()
    told("beware", level=logging.WARNING)
    told.handler.close()


def test_a_dry_run_is_a_plan():
    told = Told(dryrun=True)
    told("stats", LogEvent.RUN_INFO, stats={"mapping": 2, "all": 1, "total": 3})
    for number in (1, 0):
        told.plan(number, "mapping", f"run {number}: placing the network")
    told.plan(2, "all", None)
    told("This was a dry-run (flag -n). The order of jobs does not reflect")
    told.handler.close()
    assert told.lines == [
        "3 jobs would be run",
        "     2  mapping  run 0: placing the network, ... (not there yet)",
        "     1  all      target, no work of its own",
        "This was a dry-run: nothing was done.",
    ]


def test_a_dry_run_without_its_jobs_is_numbers():
    assert Plan(Counter(iterate=2, all=1)).lines() == [
        "3 jobs would be run", "     2  iterate", "     1  all",
    ]  # fmt: skip


def test_reasons_that_nobody_knows_are_told_as_they_are():
    plan = Plan(Counter(a=1))
    plan.add({"rule_name": "a", "rule_msg": "do a", "reason": "Something new: x"})
    assert plan.lines()[1] == "     1  a  do a (Something new)"


def test_plain_lines_come_with_progress_or_after_a_long_silence(folder):
    found, stream = Progress(Counter(software=30, mapping=30), 0.0), io.StringIO()
    view = views.Plain(stream)
    for number in range(30):
        found.start(number, job("software", since=number * 10.0, run="0"))
        found.finish(number, (number + 1) * 10.0)
        found.start(99, job("software", since=(number + 1) * 10.0))
        for second in range(10):
            view.show(found, (number + 1) * 10.0 + second)
    lines = stream.getvalue().splitlines()
    assert 5 < len(lines) <= 20
    assert "software 3 of 30" in stream.getvalue()
    assert lines[-1].endswith(" left")
    view.show(found, 300.0 + views.EVERY_SECONDS)
    assert len(stream.getvalue().splitlines()) == len(lines) + 1


def test_a_terminal_shows_what_runs_and_leaves_what_was_said(folder):
    stream = io.StringIO()
    stream.isatty = lambda: True
    view = views.Terminal(stream, plain=True)
    view._console._force_terminal = True
    found = Progress(Counter(software=2, iterate=1), 0.0, {"mine": 40}, per_job=40)
    found.start(0, job("software"))
    found.finish(0, 10.0)
    found.start(1, job("software", since=10.0))
    found.start(2, iterations(since=10.0))
    found.loops[2] = At(12, 0.9, 1.0)
    view.tell("data: done", found, 20.0)
    view.close()
    shown = stream.getvalue()
    assert "data: done\n" in shown
    for words in ("loop, run 0", "iteration 12 of 40, batch 90.0 % right", "1 of 2", "elapsed"):
        assert words in shown
    # the cursor is there again, and nothing that changes is
    assert shown.rstrip().endswith("\x1b[2K") or "\x1b[?25h" in shown
