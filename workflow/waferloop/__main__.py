"""Command line: what a configuration means, whether it holds, and what came of it for others."""

import argparse
import sys
from pathlib import Path

from waferloop.errors import UserError


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m waferloop", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    help_on = commands.add_parser("explain", help="meaning, unit, default, range and source")
    help_on.add_argument(
        "key", nargs="?", default="", help="dotted key or section, as loop.batch; all if left out"
    )
    check = commands.add_parser("check", help="whether configuration files hold, one on the other")
    check.add_argument("files", nargs="+", type=Path, help="as snakemake --configfile takes them")
    nir = commands.add_parser("nir", help="write a trained network for other software")
    nir.add_argument("experiment", help="name of an experiment that is done")
    nir.add_argument("file", type=Path, help="NIR file that is written")
    nir.add_argument("--run", type=int, default=0, help="which one, counted from 0")
    nir.add_argument(
        "--measured",
        action="store_true",
        help="with the wafer's neurons, as calibrated, not with ones that any simulator reads",
    )
    for name, text in (("schema", "JSON schema"), ("table", "table of all keys")):
        made = commands.add_parser(name, help=f"{text} of the configuration")
        made.add_argument("file", nargs="?", type=Path, help="written there, not printed")
    given = parser.parse_args()
    try:
        run(given)
    except UserError as error:
        sys.exit(f"error: {error}")


def run(given: argparse.Namespace) -> None:
    """Run a command.

    Raises:
        UserError: there is no such key, no place for the table in the file, a configuration that
            cannot be, or an experiment that is not done.
    """
    from waferloop.experiment import exported, layers, reference
    from waferloop.experiment.plan import planned

    if given.command == "check":
        for name, experiment in planned(layers.layered(given.files)).experiments.items():
            print(f"{name}: {experiment.runs} runs")
    elif given.command == "nir":
        exported.export(given.experiment, given.run, given.file, given.measured)
    elif given.command == "explain":
        print(reference.explain(given.key))
    elif given.file is None:
        print(reference.schema() if given.command == "schema" else reference.table(), end="")
    elif given.command == "schema":
        given.file.write_text(reference.schema())
    else:
        given.file.write_text(reference.with_table(given.file.read_text()))


if __name__ == "__main__":
    main()
