"""NIR, the Neuromorphic Intermediate Representation (Pedersen et al. 2024, Nature Communications).

A NIR file is a graph of nodes: Linear, Affine, Conv2d, SumPool2d, AvgPool2d, Flatten and Scale are
linear maps, LIF, CubaLIF and IF neurons; LI, CubaLI and I read out. Here neurons are ReLUs, and
what lies between two of them is one projection: see ``docs/exchange.md``.
"""

from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from waferloop.errors import UserError
from waferloop.exchange import Model
from waferloop.exchange.graph import MADE_BY, Graph
from waferloop.exchange.parameters import Parameters
from waferloop.network import Array, Network, as_inputs, drives
from waferloop.substrate import Recording, SpikeTrains

INPUT, OUTPUT, LAST = "input", "output", "output_neurons"
"""Names of NIR's nodes for the sources, for what is read, and for the neurons that are read."""
STEP, TAU, BUSIEST = 1e-4, 0.1, 0.1
"""Of neurons that stand for ReLUs: time step (s; snnTorch knows no other), time constant (s), and
the largest share of steps in which they fire."""


def load(path: Path) -> Model:
    """A network with its weights, from a NIR file.

    Args:
        path: of the file.

    Returns:
        Populations named as the nodes of their neurons, but ``input`` and ``output``. Weights of a
        ReLU network: the slopes of neurons of different parameters are in them.

    Raises:
        UserError: the file is missing or damaged, a node has no counterpart here, has a bias, or
            does not fit those before it. The node is named.
    """
    import nir

    name = f"network.source: {str(path)!r}"
    if not path.is_file():
        raise UserError(f"{name} is no file; give the path of a NIR file")
    try:
        # what libraries write does not always pass NIR's own check of shapes; here all are checked
        found = nir.read(path, type_check=False)
    # a damaged file fails in any of the readers of what it holds
    except Exception as error:
        told = " ".join(f"{type(error).__name__}: {error}".split())
        raise UserError(f"{name} cannot be read as NIR ({told:.200}); write it again") from None
    try:
        return Graph(found).model()
    except UserError as error:
        raise UserError(f"{name}: {error}") from None


def export(
    path: Path, network: Network, weights: list[Array], images: NDArray[np.floating], **about: str
) -> None:
    """Write a network to a NIR file with neurons that stand for its ReLUs, whatever reads it.

    They are NIR's LIF, with a leak so weak and a threshold so high that the number of spikes is in
    proportion to the drive: ``TAU``, ``R`` = 1, ``v_leak`` = ``v_reset`` = 0. Each population's
    threshold is that at which the strongest drive of some images, given as constant currents, lets
    a neuron fire in ``BUSIEST`` of all steps of ``STEP``.

    Args:
        path: of the file.
        network: its structure.
        weights: as they are written, 1 for the strongest synapse [pre, post] per projection.
        images: to find the thresholds with [images, sources].
        about: more to say in the metadata of the graph.

    Raises:
        UserError: there are several populations of inputs, the network is recurrent, weights do
            not fit, or the file cannot be written.
    """
    import nir

    _check(network, weights)
    network.check_trainable()
    rates, nodes = as_inputs(network, images), {}
    names = _names(network)
    for population in network.neural:
        drive = np.maximum(drives(network, weights, rates, population.name), 0)
        strongest = max(float(drive.max(initial=0)), np.finfo(float).tiny)
        rates[population.name] = drive * (BUSIEST / strongest)
        every = np.ones(population.size)
        nodes[names[population.name]] = nir.LIF(
            tau=TAU * every,
            r=every,
            v_leak=0 * every,
            v_threshold=strongest * STEP / TAU / BUSIEST * every,
            v_reset=0 * every,
        )
    told = {"units": "s", "dt": str(STEP), "model": "ReLU units as rates of spikes", **about}
    _write(path, network, weights, nodes, told)


def export_neurons(
    path: Path, network: Network, weights: list[Array], neurons: Parameters, **about: str
) -> None:
    """Write a network of the wafer's neurons to a NIR file.

    They are NIR's CubaLIF (units: ms, mV), which has currents where the wafer has conductances: a
    spike gives the current that its synapse would at the threshold. What CubaLIF does not have is
    in the metadata of each node.

    Args:
        path: of the file.
        network: its structure.
        weights: as they are written, 1 for the strongest synapse [pre, post] per projection.
        neurons: their parameters.
        about: more to say in the metadata of the graph.

    Raises:
        UserError: there are several populations of inputs, weights or parameters do not fit, or the
            file cannot be written.
    """
    import nir

    _check(network, weights)
    if neurons.neurons != network.neurons:
        raise UserError(
            f"parameters of {neurons.neurons} neurons do not fit a network of {network.neurons}"
        )
    names = _names(network)
    nodes = {
        names[p.name]: _neurons(nir, neurons.of(network.units(p.name))) for p in network.neural
    }
    _write(path, network, weights, nodes, {"units": "ms, mV", **about})


def _check(network: Network, weights: list[Array]) -> None:
    """Raise ``UserError`` if a network cannot be written with some weights."""
    if len(network.inputs) != 1:
        raise UserError(
            f"network: NIR files have one input here, and there are "
            f"{', '.join(p.name for p in network.inputs)}"
        )
    if [w.shape for w in weights] != network.shapes:
        raise UserError(
            f"weights of shapes {[w.shape for w in weights]} do not fit the projections "
            f"{network.shapes}"
        )


def _write(
    path: Path, network: Network, weights: list[Array], nodes: dict[str, Any], about: dict[str, str]
) -> None:
    """Write a graph; nodes are those of the neurons."""
    import nir

    nodes = nodes | {
        INPUT: nir.Input({"input": _shape(network.sources)}),
        OUTPUT: nir.Output({"output": _shape(network.output.size)}),
    }
    names = _names(network)
    edges = [(names[network.output.name], OUTPUT)]
    for projection, w in zip(network.projections, weights, strict=True):
        pre, post = names[projection.pre], names[projection.post]
        mask = {} if projection.mask is None else {"mask": projection.mask.T}
        name = f"{pre}_to_{post}"
        # of several between the same populations, each is a node of its own
        name += f"_{len(nodes)}" * (name in nodes)
        nodes[name] = nir.Linear(w.T.copy(), metadata=mask)
        edges += [(pre, name), (name, post)]
    told = {
        "made_by": f"{MADE_BY} {metadata.version('waferloop')}",
        "weights": "1 is the strongest synapse",
        **about,
    }
    try:
        nir.write(path, nir.NIRGraph(nodes, edges, metadata=told))
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error})") from None


def export_spikes(path: Path, recording: Recording, duration: float) -> None:
    """Write recorded spikes as NIRData, beside the graph of the same network.

    Args:
        path: of the file.
        recording: with times.
        duration: of each presentation (ms).

    Raises:
        UserError: there are no times in the recording, or the file cannot be written.
    """
    import nir

    names = _names(recording.network)
    nodes = {}
    for population in recording.network.neural:
        trains = recording.of(population.name).spikes
        if trains is None:
            raise UserError("recording: it has no times of spikes; run with times=True")
        nodes[names[population.name]] = nir.NIRNodeData(
            {"spikes": nir.EventData(*_padded(trains), population.size, float(duration))}
        )
    try:
        nir.write_data(path, nir.NIRGraphData(nodes))
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error})") from None


def _names(network: Network) -> dict[str, str]:
    """Names of nodes by those of their populations: each has its own, but the first and the last.

    Raises:
        UserError: a population has a name that stands for something else.
    """
    names = {p.name: p.name for p in network.populations if p.role == "hidden"}
    taken = {INPUT, OUTPUT, LAST}.intersection(names)
    if taken:
        raise UserError(f"network: {', '.join(taken)} names another node in a NIR file; rename it")
    return names | {network.inputs[0].name: INPUT, network.output.name: LAST}


def _neurons(nir: Any, of: Parameters) -> Any:
    """A population as a node."""
    return nir.CubaLIF(
        tau_syn=of.tau_syn_E,
        tau_mem=of.tau_m,
        r=np.ones(of.neurons),
        v_leak=of.v_rest,
        v_threshold=of.v_thresh,
        v_reset=of.v_reset,
        w_in=of.charge,
        metadata={
            "model": "PyNN's IF_cond_exp; v_leak is v_rest, tau_syn is tau_syn_E, w_in is the "
            "charge of the strongest excitatory synapse at v_threshold, with r = 1",
            "e_rev_E": of.e_rev_E,
            "e_rev_I": of.e_rev_I,
            "tau_syn_I": of.tau_syn_I,
            "tau_refrac": of.tau_refrac,
        },
    )


def _shape(size: int) -> NDArray[np.int64]:
    return np.array([size])


def _padded(trains: SpikeTrains) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Addresses and times [presentations, spikes]; -1 and infinity where there are no more."""
    each = np.diff(trains.indptr)
    there = np.arange(each.max(initial=0)) < each[:, None]
    addresses, times = np.full(there.shape, -1), np.full(there.shape, np.inf)
    addresses[there], times[there] = trains.addresses, trains.times
    return addresses, times
