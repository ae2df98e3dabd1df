"""Damage to files, and how a job meets it."""

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from waferloop import datasets, figures, settings
from waferloop.errors import UserError
from waferloop.experiment import files, pages, stages, store, texts
from waferloop.experiment.job import Job

HEADERS = re.compile(rb"PK\x01\x02|PK\x03\x04|PK\x05\x06|\x93NUMPY")
HEADER = 46
"""Bytes of the longest header of a zip file that are looked at."""


def flipped(content, bit):
    """Content with one bit changed."""
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def damages(content, bits=12):
    """What may become of a file: name and content of each damage.

    Args:
        content: of the whole file.
        bits: how many are flipped, one at a time: that many anywhere, and as many in headers.
    """
    random = np.random.default_rng(len(content))
    size = len(content)
    found = {f"cut to {n} bytes": content[:n] for n in (size - 1, size // 2, 30, 4) if n < size}
    found |= {"emptied": b"", "garbage": random.bytes(size), "appended to": content + b"\0"}
    anywhere = random.integers(0, 8 * size, bits)
    starts = [match.start() for match in HEADERS.finditer(content)]
    inside = [start + n for start in starts for n in range(HEADER) if start + n < size]
    headers = 8 * random.choice(inside, bits) + random.integers(0, 8, bits) if inside else []
    for bit in {int(bit) for bit in (*anywhere, *headers)}:
        found[f"bit {bit} flipped"] = flipped(content, bit)
    return found


def identities(experiment):
    """Identities of all stages and pages of an experiment on scikit-learn's digits.

    It sweeps over nothing; the pages of a sweep are those of one over itself.
    """
    nothing = datasets.fingerprint([])
    found = stages.identities(experiment, {"dataset": nothing, "software": nothing})
    speed = Path(__file__).parents[1] / "benchmarks/results/speed.json"
    peers = datasets.fingerprint([speed] if speed.exists() else [])
    about = pages.Pages(experiment, found, (), {}, peers)
    swept = pages.Pages(experiment, found, (({"loop.batch": 3}, found),), {}, peers)
    drawn = map(pages.figure, figures.FIGURES)
    swept_pages = ("sweep_table", "sweep_report", *map(pages.figure, figures.SWEEP_FIGURES))
    return (
        found
        | about.identities(("wafer_table", "manifest", "report", *drawn))
        | swept.identities(swept_pages)
    )


def job(known):
    """A job that reads and writes all that has one of the identities."""
    return Job(SimpleNamespace(params=SimpleNamespace(identities=known)))


def read(path, known):
    """Content of a file as a job gets it, fit to be compared; None if it was refused by name.

    Raises:
        AssertionError: the error does not say which file it is, or what to do.
    """
    try:
        found = job(known).read(str(path))
    except UserError as error:
        said = str(error)
        # the file, or what lies beside it
        assert path.name in said, said
        assert str(path.parent) in said, said
        assert "delete" in said or "is not there" in said, said
        assert len(said) < 1000, said
        return None
    if path.suffix == ".npz":
        return store.content_hash(store.flatten(found))
    return path.read_bytes()


def every(results):
    """Result files of an experiment, with the names of the catalogue."""
    found = {}
    for path in sorted(results.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            if path.parent.name in ("logs", "benchmarks") or path.suffix == pages.ASIDE:
                continue
            found[path] = files.place(str(path)).name
    return found


def parts(path):
    """A result file and, if it has one, its origin."""
    return (path,) if path.suffix == ".npz" else (path, texts.beside(path))


def configured(**given):
    """The experiment of the tests, with other values of some keys."""
    import yaml
    from waferloop.experiment import config as configuration

    smoke = yaml.safe_load((Path(__file__).parents[1] / "config/smoke.yaml").read_text())
    default = yaml.safe_load((Path(__file__).parents[1] / "config/config.yaml").read_text())
    merged = default | smoke | given
    return settings.of(configuration.complete(merged))
