"""kill -9 at seeded moments, inside writes too: the same command goes on, to the same content."""

import os
import random
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import tiny_runs

KILLS = 32
LAST = {"write": 30, "before": 3, "after": 3, "remove": 6}
"""How many calls of each kind are waited for at most: a run has several times as many."""
PER_JOB = ("iterations_per_job: 1", "iterations_per_job: 3")


def attempt(folder, killer, call, number, who):
    """The command once, until a moment: its exit status, whether that came, and what was said."""
    count, said = killer / "count", folder / "said.txt"
    count.write_bytes(b"")
    (killer / "moment").write_text(f"{call} {number} {who}")
    # into a file: an orphan would keep a pipe open
    with open(said, "w") as file:
        process = subprocess.Popen(
            tiny_runs.command(folder, *tiny_runs.SUMMARY), start_new_session=True,
            stdout=file, stderr=file,
            env={**os.environ, "PYTHONPATH": os.pathsep.join((str(killer), *PATHS))},
        )  # fmt: skip
        code = process.wait()
    return code, count.stat().st_size >= number, said.read_text()


PATHS = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]


def test_whatever_is_killed_the_same_command_goes_on(undisturbed, tmp_path):
    killer = tmp_path / "killer"
    shutil.copytree(Path(__file__).with_name("killer"), killer)
    draw, kills, rounds = random.Random(15), Counter(), 0
    while kills.total() < KILLS:
        folder = tmp_path / str(rounds)
        folder.mkdir()
        config = tiny_runs.TINY.replace(PER_JOB[0], PER_JOB[rounds % 2])
        (folder / "tiny.yaml").write_text(config)
        code, rounds = None, rounds + 1
        while code != 0:
            call = draw.choice(["write", "write", *LAST])
            # mostly all at once; else an orphan goes on, or one job ends as it does without memory
            who = draw.choice(["group", "group", "group", "main", "job"])
            number = draw.randint(1, LAST[call])
            if kills.total() >= KILLS:
                call, number = "none", 1
            code, came, said = attempt(folder, killer, call, number, who)
            if code != 0:
                assert came, said
                assert code in ((-9, 1) if who == "job" else (-9,)), said
                kills[call, who] += 1
        wanted = tiny_runs.contents(undisturbed)
        if PER_JOB[1] in config:
            # one job leaves its last checkpoint, however often it was killed
            for within in (1, 2):
                del wanted[Path(f"runs/0/epochs/{within:04d}.npz")]
        assert tiny_runs.contents(folder) == wanted, dict(kills)
    assert {who for _, who in kills} == {"group", "main", "job"}
    assert {call for call, _ in kills} == set(LAST)
