"""Command line: what a configuration means and would do, and what came of it."""

import argparse
import os
import sys
import webbrowser
from pathlib import Path

from waferloop.errors import UserError


def main() -> None:
    """Do what the command line says."""
    given = parser().parse_args()
    try:
        run(given)
    except UserError as error:
        sys.exit(f"error: {error}")
    except BrokenPipeError:
        # as of `| head`; nothing more can be written, not even at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def parser() -> argparse.ArgumentParser:
    """What the command line may say."""
    whole = argparse.ArgumentParser(
        prog="python -m waferloop",
        description=__doc__,
        epilog="Experiments are run by snakemake: README.md, or make help.",
    )
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text)

    check = command("check", "whether configuration files hold, and what would be run")
    check.add_argument("files", nargs="+", type=Path, help="as snakemake --configfile takes them")
    explain = command("explain", "meaning, unit, default, range and source of a key")
    explain.add_argument(
        "key", nargs="?", default="", help="dotted key or section, as loop.batch; all if left out"
    )
    place = command("place", "which HICANNs a network takes, and what it loses")
    place.add_argument("files", nargs="+", type=Path, help="configuration files, or a NIR file")
    show = command("show", "what made a result file, and what is in it")
    show.add_argument("file", type=Path, help="checkpoint, table or another file below results")
    page = command("open", "open the report of an experiment in a browser, if there is one")
    page.add_argument("experiment", help="its name, as of its folder below results")
    nir = command("nir", "write a trained network for other software")
    nir.add_argument("experiment", help="name of an experiment that is done")
    nir.add_argument("file", type=Path, help="NIR file that is written")
    nir.add_argument("--run", type=int, default=0, help="which one, counted from 0")
    nir.add_argument(
        "--measured",
        action="store_true",
        help="with the wafer's neurons, as calibrated, not with ones that any simulator reads",
    )
    for name, text in (("schema", "JSON schema"), ("table", "table of all keys")):
        made = command(name, f"{text} of the configuration")
        made.add_argument("file", nargs="?", type=Path, help="written there, not printed")
    return whole


def run(given: argparse.Namespace) -> None:
    """Run a command.

    Raises:
        UserError: there is no such key or file, no place for the table in the file, a configuration
            or network that cannot be, or an experiment that is not done.
    """
    from waferloop.experiment import exported, inspected, outlook, reference

    if given.command == "check":
        print(outlook.checked(given.files))
    elif given.command == "explain":
        print(reference.explain(given.key))
    elif given.command == "place":
        print(outlook.placed(given.files))
    elif given.command == "show":
        print(inspected.shown(given.file))
    elif given.command == "open":
        page = inspected.report(given.experiment).absolute()
        print(page)
        if has_screen():
            webbrowser.open(page.as_uri())
    elif given.command == "nir":
        exported.export(given.experiment, given.run, given.file, given.measured)
    elif given.file is None:
        print(reference.schema() if given.command == "schema" else reference.table(), end="")
    else:
        try:
            table = given.command == "table"
            text = reference.with_table(given.file.read_text()) if table else reference.schema()
            given.file.write_text(text)
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "is no text"
            hint = "a page with marks for the table" if table else "a file in a folder there is"
            raise UserError(f"{given.file}: {reason}; name {hint}") from None


def has_screen() -> bool:
    """Whether a browser could show anything: one in the terminal would not show a report."""
    return sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )


if __name__ == "__main__":
    main()
