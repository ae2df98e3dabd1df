"""Checkpoints of the loop: everything the next iteration needs, in one file that proves itself.

An npz archive without pickle. It is written beside its place, flushed to disk and renamed, so that
a reader sees a whole file or none; a hash of the contents tells a damaged one.
"""

import hashlib
import json
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from waferloop.errors import UserError

Array = NDArray[np.float64]
SCHEMA = 1


@dataclass(frozen=True)
class Checkpoint:
    """State after an iteration of the loop (0: just converted).

    Attributes:
        iteration: number of updates done.
        weights: high-precision shadow weights [pre, post] per projection.
        velocities: optimiser state, as weights.
        codes: weights as written, int8, as weights.
        normalisation: spikes per unit of activation of each layer, empty before the first batch.
        metrics: what was measured in this iteration.
        config_hash: of the config that made it.
    """

    iteration: int
    weights: list[Array]
    velocities: list[Array]
    codes: list[NDArray[np.int8]]
    normalisation: Array
    metrics: dict[str, Any]
    config_hash: str


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint, whole or not at all."""
    arrays = {
        "iteration": np.array(checkpoint.iteration),
        "normalisation": checkpoint.normalisation,
        "config_hash": np.array(checkpoint.config_hash),
        "metrics": np.array(json.dumps(checkpoint.metrics, sort_keys=True)),
        "schema": np.array(SCHEMA),
    }
    for name in ("weights", "velocities", "codes"):
        for number, array in enumerate(getattr(checkpoint, name)):
            arrays[f"{name}_{number}"] = array
    save_arrays(path, arrays)


def load(path: Path, config_hash: str) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        UserError: the file is damaged, of another schema or made with another config.
    """
    found = _load(path)
    if found.config_hash != config_hash:
        raise UserError(
            f"{path}: made with another config; delete it or give a new experiment name"
        )
    return found


def load_weights(path: Path, layers: tuple[int, ...]) -> list[Array]:
    """Shadow weights from a checkpoint of another experiment, whatever its config.

    Args:
        path: of the checkpoint.
        layers: neurons per layer of the network that the weights are for, the input first.

    Raises:
        UserError: the file is damaged, of another schema or of another network.
    """
    weights = _load(path).weights
    theirs = (weights[0].shape[0], *(w.shape[1] for w in weights))
    if theirs != layers:
        raise UserError(
            f"software.start: {path} is of a network {theirs}, this one is {layers}; give both "
            "experiments the same dataset.pixels, network.hidden and number of classes"
        )
    return weights


def _load(path: Path) -> Checkpoint:
    arrays = load_arrays(path)
    if int(arrays["schema"]) != SCHEMA:
        raise UserError(
            f"{path}: schema {int(arrays['schema'])}, this version reads {SCHEMA}; delete it"
        )

    def projections(name: str) -> list[Any]:
        return [arrays[f"{name}_{n}"] for n in range(sum(k.startswith(f"{name}_") for k in arrays))]

    return Checkpoint(
        int(arrays["iteration"]),
        projections("weights"),
        projections("velocities"),
        projections("codes"),
        arrays["normalisation"],
        json.loads(str(arrays["metrics"])),
        str(arrays["config_hash"]),
    )


def content_hash(arrays: dict[str, NDArray[Any]]) -> str:
    """SHA-256 over names, types, shapes and values; wall times do not count."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.asarray(arrays[name], order="C")
        if name == "metrics":
            metrics = json.loads(str(array))
            for timing in ("seconds", "times_real_time"):
                metrics.pop(timing, None)
            array = np.array(json.dumps(metrics, sort_keys=True))
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def save_arrays(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """Write arrays and their content hash to an npz file, whole or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    with open(part, "wb") as file:
        stored = {**arrays, "content_hash": np.array(content_hash(arrays))}
        np.savez(file, allow_pickle=False, **stored)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)


def load_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read what :func:`save_arrays` wrote.

    Raises:
        UserError: the file is missing, incomplete or damaged.
    """
    remedy = "delete it, and it will be made again"
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"{path}: damaged ({error}); {remedy}") from None
    stored = str(arrays.pop("content_hash", np.array("none")))
    if stored != content_hash(arrays):
        raise UserError(f"{path}: damaged (content does not match its hash); {remedy}")
    return arrays
