"""A network trained in the loop, from the results of an experiment, for other software."""

from pathlib import Path
from typing import Any

from waferloop import conversion, registry, settings
from waferloop.errors import UserError
from waferloop.exchange import nir, parameters
from waferloop.experiment import files, store, texts
from waferloop.experiment.rig import Rig
from waferloop.experiment.store import Origin

MANIFEST = Origin("manifest", (("file", "manifest"),), "")
"""What makes the manifest of an experiment, of whatever configuration."""


def export(experiment: str, run: int, file: Path, measured: bool) -> None:
    """Write the network of a run after its loop to a NIR file.

    Args:
        experiment: name of one that is done, below the working directory.
        run: which one.
        file: that is written.
        measured: neurons as the calibration has found them; else as they were aimed at.

    Raises:
        UserError: the experiment is not done, or has no such run.
    """
    path = Path(files.path("manifest", experiment))
    if not path.exists():
        raise UserError(f"{experiment}: {path} is not there; run that experiment first")
    manifest = texts.from_json(path, texts.load(path, MANIFEST))
    of = settings.of(manifest["config"])
    if not 0 <= run < of.runs:
        raise UserError(f"--run: {run} is none of the {of.runs} runs; choose one from 0 on")
    identities = manifest["identities"]

    def loaded(name: str, **where: str | int) -> Any:
        made = files.path(name, experiment, run=run, **where)
        place = files.place(made)
        origin = Origin(place.stage, place.which, identities[place.stage])
        return store.load(Path(made), registry.find({name: place.file.kind}, name, name), origin)

    state = loaded("checkpoint", iteration=of.loop.iterations)
    placement, circuits = loaded("mapping").placement, loaded("circuits", state="converted")
    if measured:
        neurons = parameters.measured(loaded("calibration"), placement, circuits)
    else:
        neurons = parameters.aimed_at(of.substrate.neuron, placement, circuits)
    weights = conversion.dequantise(state.codes, Rig(of, run).weight_bits)
    nir.export(
        file, placement.network, weights, neurons,
        experiment=f"{experiment}, run {run}, iteration {state.iteration}",
        parameters="measured by the calibration" if measured else "targets of the calibration",
    )  # fmt: skip
    print(file)
