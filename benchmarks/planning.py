"""What Snakemake itself takes: to plan many runs, and for each job.

python benchmarks/planning.py FOLDER RUNS...

writes FOLDER/planning.csv: CPU time and memory of a dry run of the paper's experiment with so many
runs; before them those of one job, which are what each job of a cluster has beside its own, and of
the smoke experiment, done.
"""

import csv
import os
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from costs import measured

ROOT = Path(__file__).parents[1]
COLUMNS = ("what", "runs", "jobs", "cpu_s", "cpu_s_of_jobs", "peak_mb")
SNAKEMAKE = (
    sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile",
    "--workflow-profile", ROOT / "workflow/profiles/default", "--cores", "1", "--configfile",
)  # fmt: skip


def used(folder, *arguments):
    """What Snakemake says in a folder, its CPU time with all its jobs (s), its memory (MB)."""
    process = subprocess.Popen(
        [*SNAKEMAKE, *arguments], cwd=folder, stdout=subprocess.PIPE, text=True,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    said = []
    reader = threading.Thread(target=lambda: said.append(process.stdout.read()))
    reader.start()
    _, status, usage = os.wait4(process.pid, 0)
    reader.join()
    if status:
        sys.exit(said[0])
    return said[0], usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6


def jobs(said):
    """How many jobs are planned."""
    return sum(int(n) for n in re.findall(r"^ +(\d+)  \w", said, re.MULTILINE))


def main(out, *numbers):
    with open(Path(out) / "planning.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()

        def tell(*row):
            writer.writerow(dict(zip(COLUMNS, row, strict=True)))
            print(*row, flush=True)

        with tempfile.TemporaryDirectory() as folder:
            smoke, target = ROOT / "config/smoke.yaml", ("--", "results/smoke/summary.json")
            said, seconds, memory = used(
                folder, smoke, "--dry-run", "--", "results/smoke/dataset.npz"
            )
            tell("start", 2, jobs(said), round(seconds, 1), 0, round(memory))
            said, _, _ = used(folder, smoke, "--dry-run", *target)
            _, seconds, memory = used(folder, smoke, *target)
            stages = measured(Path(folder) / "results/smoke").values()
            done = sum(cpu for stage in stages for cpu, _ in stage)
            tell("run", 2, jobs(said), round(seconds, 1), round(done, 1), round(memory))
        for runs in map(int, numbers):
            with tempfile.TemporaryDirectory() as folder:
                paper = (ROOT / "config/paper.yaml", "--config", f"runs={runs}", "--dry-run")
                said, seconds, memory = used(folder, *paper)
            tell("plan", runs, jobs(said), round(seconds, 1), 0, round(memory))


if __name__ == "__main__":
    main(*sys.argv[1:])
