"""Whether neurons and links can carry what they should, as far as an experimenter sees it."""

import numpy as np
from numpy.typing import NDArray

from waferloop.chip import datasheet, geometry
from waferloop.learning.checkpoint import Metrics
from waferloop.learning.presenter import Presented, Presenter
from waferloop.network import Array
from waferloop.substrate import Placement, Recording

Counts = NDArray[np.integer]

FULL = 0.9
"""Share of what a neuron or a link has shown or is documented to do that counts as its limit."""
LEAST_IMAGES = 10
"""In which a neuron has to fire before anything is said of its limit."""


def observed(presenter: Presenter, shown: Presented) -> Metrics:
    """What an iteration tells of the spikes of its batch.

    Args:
        presenter: that has shown it.
        shown: what was sent and recorded.
    """
    recording, window = shown.recording, presenter.encoder.window
    layers = [recording.of(population.name).counts for population in presenter.network.neural]
    found: Metrics = {
        "input_spikes": int(shown.sent.sum()),
        "spikes": [float(counts.mean()) for counts in layers],
        "silent": [silent(counts) for counts in layers],
        "saturated": [saturated(shown.values[p.name]) for p in presenter.network.neural],
    }
    if presenter.placement:
        found["inputs_full"] = inputs_full(presenter.placement, shown.sent, window)
        found["recordings_full"] = recordings_full(presenter.placement, recording, window)
    return found


def silent(counts: Counts) -> float:
    """Share of neurons that fire in no image.

    Args:
        counts: spikes [images, neurons].
    """
    return float((counts.max(axis=0, initial=0) == 0).mean())


def saturated(values: Array) -> float:
    """Share of neurons that tell images apart no more, as they mostly fire as often as they can.

    That is in over half of the images in which they fire, and in ten at least. Where it counts when
    spikes come: as early and as often.

    Args:
        values: what the decoder reads from the spikes [images, neurons].
    """
    fires = (values > 0).sum(axis=0)
    most = ((values > 0) & (values >= FULL * values.max(axis=0, initial=0))).sum(axis=0)
    return float(((fires >= LEAST_IMAGES) & (2 * most > fires)).mean())


def inputs_full(placement: Placement, sent: Counts, window: float) -> float:
    """Share of images that bring an input link to its published rate: beyond, spikes are lost.

    Args:
        placement: says which link carries each source.
        sent: spikes of each source [images, sources].
        window: time from one presentation to the next (ms).
    """
    hicanns, link = np.unique(placement.links, return_inverse=True)
    offered = sent @ (link[:, None] == np.arange(len(hicanns)))
    return _full(offered, hicanns, window)


def recordings_full(placement: Placement, recording: Recording, window: float) -> float:
    """Share of images in which as many spikes came back through a link as its published rate.

    More than came may have been fired: rates are then lower than they were.

    Args:
        placement: says which HICANN sends the spikes of each neuron.
        recording: what came back.
        window: time from one presentation to the next (ms).
    """
    hicanns, link = np.unique(geometry.hicann_of(placement.denmems[:, 0]), return_inverse=True)
    carried = recording.counts @ (link[:, None] == np.arange(len(hicanns)))
    return _full(carried, hicanns, window)


def _full(spikes: Counts, hicanns: NDArray[np.int64], window: float) -> float:
    """Share of images with a full link of a HICANN, or of the FPGA that several share.

    Args:
        spikes: by link [images, links].
        hicanns: whose links they are [links].
        window: ms.
    """
    limit = FULL * window * 1e-3
    full = (spikes >= datasheet.INPUT_RATE_HZ * limit).any(axis=1)
    reticles, group = np.unique(geometry.reticle_of(hicanns), return_inverse=True)
    together = spikes @ (group[:, None] == np.arange(len(reticles)))
    full |= (together >= datasheet.FPGA_RATE_HZ * limit).any(axis=1)
    return float(full.mean())
