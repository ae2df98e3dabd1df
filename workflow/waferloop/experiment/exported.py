"""From the results of an experiment, for other software: networks and spikes."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from waferloop import coding, conversion, registry, settings
from waferloop.errors import UserError
from waferloop.exchange import blocks, nir, parameters
from waferloop.experiment import files, store, texts
from waferloop.experiment.rig import Rig
from waferloop.experiment.store import Origin
from waferloop.report.runs import STATES

if TYPE_CHECKING:
    import neo

MANIFEST = Origin("manifest", (("file", "manifest"),), "")
"""What makes the manifest of an experiment, of whatever configuration."""


@dataclass(frozen=True)
class Finished:
    """A run of an experiment that is done.

    Attributes:
        experiment: its name; its results lie below the working directory.
        run: number.
        settings: of the experiment.
        identities: of its stages, by name.
        shared: other experiments that made stages for it, by stage.
    """

    experiment: str
    run: int
    settings: settings.Experiment
    identities: dict[str, str]
    shared: dict[str, str]

    @classmethod
    def found(cls, experiment: str, run: int) -> "Finished":
        """What is there.

        Raises:
            UserError: the experiment is not done, or has no such run.
        """
        path = Path(files.path("manifest", experiment))
        if not path.exists():
            raise UserError(f"{experiment}: {path} is not there; run that experiment first")
        manifest = texts.from_json(path, texts.load(path, MANIFEST))
        of = settings.of(manifest["config"])
        if not 0 <= run < of.runs:
            raise UserError(f"run: {run} is none of the {of.runs} runs; choose one from 0 on")
        return cls(experiment, run, of, manifest["identities"], manifest["shared"])

    def load(self, name: str, **where: str | int) -> Any:
        """Content of a result of the run.

        Raises:
            UserError: it is missing, damaged, or something else made it.
        """
        place = files.place(files.path(name, self.experiment, run=self.run, **where))
        experiment = self.shared.get(place.stage, self.experiment)
        made = files.path(name, experiment, run=self.run, **where)
        origin = Origin(place.stage, place.which, self.identities[place.stage])
        kind = registry.find({name: place.file.kind}, name, name)
        return store.load(Path(made), kind, origin)


def export(experiment: str, run: int, file: Path, measured: bool) -> None:
    """Write the network of a run after its loop to a NIR file.

    Args:
        experiment: name of one that is done, below the working directory.
        run: which one.
        file: that is written.
        measured: with the neurons of the wafer, as the calibration has found them; else with ones
            that stand for ReLUs.

    Raises:
        UserError: the experiment is not done, or has no such run.
    """
    done = Finished.found(experiment, run)
    of = done.settings
    state = done.load("checkpoint", iteration=of.loop.iterations)
    placement = done.load("mapping").placement
    weights = conversion.dequantise(state.codes, Rig(of, run).weight_bits)
    told = f"{experiment}, run {run}, iteration {state.iteration}"
    if measured:
        circuits = done.load("circuits", state="converted")
        neurons = parameters.measured(done.load("calibration"), placement, circuits)
        nir.export_neurons(file, placement.network, weights, neurons, experiment=told)
    else:
        images = done.load("dataset").x_train
        nir.export(file, placement.network, weights, images, experiment=told)
    print(file)


def load_spikes(experiment: str, run: int = 0, state: str = "in_the_loop") -> "neo.Block":
    """Spikes of the sample images, one of each class, from the results of an experiment.

    Args:
        experiment: name of one that is done, below the working directory.
        run: which one.
        state: of the network: ``uncalibrated``, ``converted`` or ``in_the_loop``.

    Returns:
        A Neo block with a segment per image, annotated with its number in the test set, its label
        and what it was read as; a spike train per unit, annotated with population and unit.

    Raises:
        UserError: the experiment is not done, has no such run or state, or Neo is not installed.
    """
    if state not in STATES:
        raise UserError(f"state: {state!r} is none of {', '.join(STATES)}; choose one")
    done = Finished.found(experiment, run)
    found = done.load("evaluation", state=state)
    network = done.load("mapping").placement.network
    classes = done.settings.dataset.classes
    images = [
        {"image": int(image), "label": label, "read_as": classes[found.decision[image]]}
        for image, label in zip(found.images, classes, strict=True)
    ]
    window = coding.encoder(done.settings.encoding).window
    about = {"name": f"{experiment}, run {run}, {state}", "state": state, "run": run}
    return blocks.block(found.sent, found.recorded, network, window, images, **about)
