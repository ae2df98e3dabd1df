"""Logger of Snakemake that tells how far an experiment is (``logger: waferloop`` in a profile).

A line for each step that is done, with the accuracy that it has come to, and the time that is left;
in a terminal also what runs now. Warnings and errors are shown as Snakemake has them, a job that
failed by its cause and its log. What Snakemake says besides is in its own log, as ever.
"""

import re
import sys
import threading
import time
from collections import Counter
from logging import WARNING, LogRecord
from types import SimpleNamespace
from typing import Any

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent
from waferloop.experiment import progress
from waferloop.experiment.progress import Progress, Started

from snakemake_logger_plugin_waferloop import plan, views

ROUTINE = (
    "Using ", "Assuming ", "host: ", "Building DAG", "Provided ", "Rules claiming", "Conda env",
    "Group jobs: inactive", "Select jobs", "Execute ", "Job ", "SLURM run ID", "No wall time",
    "Elapsed time", "Reasons:", "Config file ", "Some jobs were triggered by provenance",
)  # fmt: skip
"""How messages begin that say nothing of an experiment."""
ENDING = ("Shutting down", "Exiting because")
"""How messages begin that follow on an error that has been told."""
SILENT = {
    LogEvent.WORKFLOW_STARTED, LogEvent.SHELLCMD, LogEvent.RESOURCES_INFO, LogEvent.PROGRESS,
    LogEvent.RULEGRAPH, LogEvent.GROUP_INFO,
}  # fmt: skip
"""Events that say nothing of an experiment."""
DRY = "This was a dry-run"
LOG = "Complete log"
ENDED = re.compile(r"returned non-zero exit status \d+|died with .+(?=\.)")


class LogHandler(LogHandlerBase):
    """Tells what Snakemake says as the progress of an experiment."""

    writes_to_stream = True
    writes_to_file = False
    # Snakemake's own: --quiet and --verbose mean what they always do
    has_filter = False
    has_formatter = False
    needs_rulegraph = False

    def __post_init__(self) -> None:
        settings = self.common_settings
        stream = sys.stdout if settings.stdout else sys.stderr
        self._view = views.of(stream, settings.nocolor)
        self._plan = plan.Plan() if settings.dryrun else None
        self._progress: Progress | None = None
        self._ended = ""
        self._jobs: dict[int | str, list[Any]] = {}
        self._over = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def emit(self, record: LogRecord) -> None:
        """Tell a record; what cannot be told as progress is told as it is."""
        try:
            self._told(record)
        except Exception as error:
            # to lose a run over its display would be worse
            self._view.say(record.getMessage())
            self._view.say(f"(progress is not shown: {type(error).__name__}: {error})")

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._over.set()
        self._view.close()
        super().close()

    def _told(self, record: LogRecord) -> None:
        event, told = getattr(record, "event", None), record.__dict__
        if event == LogEvent.RUN_INFO:
            jobs = Counter({rule: n for rule, n in told["stats"].items() if rule != "total"})
            if self._plan:
                self._plan.totals = jobs
            elif self._progress is None:
                self._progress = Progress(jobs, time.time())
                self._ticker.start()
        elif event == LogEvent.JOB_STARTED:
            for number in told["jobs"]:
                self._start(self._jobs.get(number, []))
        elif event == LogEvent.JOB_INFO:
            if self._plan:
                self._plan.add(told)
            elif told["jobid"] not in self._jobs:
                # of a workflow that uses this one as a module
                self._start([_job(told)])
        elif event == LogEvent.JOB_FINISHED:
            if self._progress:
                for line in self._progress.finish(told["job_id"], time.time()):
                    self._view.tell(line, self._progress, time.time())
        elif event == LogEvent.JOB_ERROR:
            # of a group, every member is told as failed
            if not told.get("indent"):
                self._fail(told, told["log"])
        elif event == LogEvent.GROUP_ERROR:
            self._fail_group(told)
        elif event == LogEvent.ERROR and (ended := ENDED.search(record.getMessage())):
            # a job's: its own log says more, and is told next
            self._ended = ended.group()
        elif event not in SILENT:
            self._message(record)

    def _message(self, record: LogRecord) -> None:
        text = self.format(record).rstrip()
        told = record.__dict__
        if "loops" in told and self._progress:
            self._introduce(told)
            jobs = sum(self._progress.totals.values())
            self._view.say(f"{text}; {jobs} job{'s' * (jobs != 1)}")
        elif text.startswith(DRY):
            if self._plan:
                self._view.say("\n".join(self._plan.lines()))
            self._view.say(f"{DRY}: nothing was done.")
        elif text.startswith("Elapsed time") and self._progress:
            self._view.tell(self._progress.ending(), self._progress, time.time())
        elif text.startswith(LOG):
            if self._progress and not self._progress.whole:
                self._view.say(text)
        elif text and not text.startswith(ENDING + ROUTINE * (record.levelno < WARNING)):
            self._view.say(text)

    def _introduce(self, told: dict[str, Any]) -> None:
        """The workflow says what it is going to do: executors other than the local one do not."""
        assert self._progress
        self._progress.iterations, self._progress.per_job = told["loops"], told["per_job"]
        for job in told["dag"].needrun_jobs():
            self._jobs[job.jobid] = [job]
            group = told["dag"].get_job_group(job)
            if group:
                self._jobs.setdefault(group.jobid, []).append(job)

    def _start(self, jobs: list[Any]) -> None:
        """A job has started, or several that are submitted together."""
        if self._progress is None:
            return
        shares = progress.shares([job.rule.name for job in jobs])
        for job, share in zip(jobs, shares, strict=True):
            started = Started(
                job.rule.name,
                job.message or job.rule.name,
                {key: str(value) for key, value in job.wildcards_dict.items()},
                tuple(map(str, job.output)),
                progress.first_iteration([str(path) for path in job.input]),
                time.time(),
                share,
            )
            self._progress.start(job.jobid, started)

    def _fail(self, told: dict[str, Any], logs: list[str]) -> None:
        job = self._progress.fail(told["jobid"]) if self._progress else None
        ended = f" ({self._ended})" if self._ended else ""
        self._view.say(progress.cause(logs) or f"error: it ended without a word{ended}")
        what = job.what if job else told["rule_name"]
        self._view.say(f"    in {what}; log: {', '.join(logs) or 'none'}")
        self._ended = ""

    def _fail_group(self, told: dict[str, Any]) -> None:
        """Those whose logs say why; the others were done, or have not been run."""
        members, more = list(told["job_error_info"]), list(told["aux_logs"])
        guilty = [one for one in members if progress.cause(one["log"])]
        for one in guilty or members[:1]:
            self._fail(one, [*one["log"], *more])
        for one in members:
            if self._progress:
                self._progress.fail(one["jobid"])

    def _tick(self) -> None:
        while not self._over.wait(self._view.interval):
            self.acquire()
            try:
                assert self._progress
                self._progress.look()
                self._view.show(self._progress, time.time())
            except Exception as error:
                self._view.say(f"(progress is not shown: {type(error).__name__}: {error})")
                return
            finally:
                self.release()


def _job(told: dict[str, Any]) -> SimpleNamespace:
    """A job from what a record tells of it."""
    return SimpleNamespace(
        jobid=told["jobid"],
        rule=SimpleNamespace(name=told["rule_name"]),
        message=told["rule_msg"],
        wildcards_dict=told["wildcards"],
        output=told["output"],
        input=told["input"],
    )
