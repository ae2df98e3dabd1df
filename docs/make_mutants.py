"""Table of the mutation tests in docs/reliability.md; run by ``make mutants``.

Usage: make_mutants.py RUN FOLDER: where mutmut has run, and the folder for the results.
"""

import csv
import json
import sys
from pathlib import Path

RUN, FOLDER = Path(sys.argv[1]), Path(sys.argv[2])
SOURCE = RUN / "mutants" / "src" / "waferloop"
# how the tests of a mutant end: some fail, pytest itself fails, they never end (signal XCPU)
KILLED, UNKNOWN = (1, 3, 24, -24, 36, 152, 255), None

rows = []
for file in sorted(SOURCE.rglob("*.meta")):
    verdicts = json.loads(file.read_text())["exit_code_by_key"].values()
    module = file.relative_to(SOURCE).with_suffix("")
    if UNKNOWN in verdicts:
        sys.exit(f"{module}: some mutants have not been tried; run make mutants again")
    if verdicts:
        killed = sum(verdict in KILLED for verdict in verdicts)
        rows.append((str(module), len(verdicts), killed, len(verdicts) - killed))
mutants, killed, survivors = (sum(column) for column in zip(*(r[1:] for r in rows), strict=True))
rows.append(("all", mutants, killed, survivors))
FOLDER.mkdir(parents=True, exist_ok=True)
with open(FOLDER / "mutants.csv", "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("module", "mutants", "killed", "survivors"))
    writer.writerows(rows)
print(f"{killed} of {mutants} mutants killed: {killed / mutants:.1%}; see mutmut browse in {RUN}")
