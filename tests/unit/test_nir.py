"""Networks that other software wrote as NIR files, and what is written for it."""

import h5py
import nir
import numpy as np
import pytest
import small
from conftest import ROOT
from scipy.signal import correlate2d
from waferloop import calibration, configure, conversion, settings
from waferloop.chip import datasheet
from waferloop.datasets import Dataset
from waferloop.errors import UserError
from waferloop.exchange import nir as exchange
from waferloop.exchange import parameters
from waferloop.exchange.nodes import Node, slopes
from waferloop.experiment import store
from waferloop.experiment.rig import Rig
from waferloop.network import Network, Population, Projection, forward

RANDOM = np.random.default_rng(5)


def lif(size, **given):
    of = {"tau": 20.0, "r": 1.0, "v_leak": 0.0, "v_threshold": 1.0, "v_reset": 0.0} | given
    return nir.LIF(**{name: np.full(size, value) for name, value in of.items()})


def integrate(size, **given):
    of = {"r": 1.0, "v_threshold": 1.0, "v_reset": 0.0} | given
    return nir.IF(**{name: np.full(size, value) for name, value in of.items()})


def cuba(size, **given):
    of = {"tau_syn": 5.0, "tau_mem": 20.0, "r": 1.0, "v_leak": 0.0, "v_threshold": 1.0}
    of = of | {"v_reset": 0.0, "w_in": 1.0} | given
    return nir.CubaLIF(**{name: np.full(size, value) for name, value in of.items()})


def kernel(out, inside, side, image, **given):
    of = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": np.zeros(out)} | given
    weight = RANDOM.normal(size=(out, inside // of["groups"], side, side))
    return nir.Conv2d(input_shape=image, weight=weight, **of)


def pool(kind, size, stride=None, padding=0):
    step = size if stride is None else stride
    return kind(np.array([size, size]), np.array([step, step]), np.array([padding] * 2))


def flat(shape):
    return nir.Flatten({"input": np.array(shape)}, 0)


def source(*shape):
    return nir.Input({"input": np.array(shape)})


def sink(size):
    return nir.Output({"output": np.array([size])})


def dense(post, pre):
    return nir.Linear(RANDOM.normal(size=(post, pre)))


def written(path, *nodes, edges=None, **named):
    """A file of a chain of nodes, or of named nodes with edges."""
    if nodes:
        named = {f"n{i}": node for i, node in enumerate(nodes)}
        edges = list(zip(list(named)[:-1], list(named)[1:], strict=True))
    # single values cannot be compressed
    nir.write(path, nir.NIRGraph(named, edges, metadata={}, type_check=False), compression=None)
    return path


@pytest.fixture
def file(tmp_path):
    return tmp_path / "model.nir"


def refused(path):
    with pytest.raises(UserError) as error:
        exchange.load(path)
    message = str(error.value)
    assert message.startswith(f"network.source: '{path}'")
    assert len(message) < 1000
    return message


@pytest.mark.parametrize("neuron", [lif, cuba, integrate])
def test_a_chain_of_dense_layers_has_the_weights_of_the_file(file, neuron):
    one, two = dense(4, 6), dense(3, 4)
    model = exchange.load(written(file, source(6), one, neuron(4), two, neuron(3), sink(3)))
    assert model.network.sizes == (6, 4, 3)
    assert [p.role for p in model.network.populations] == ["input", "hidden", "output"]
    np.testing.assert_array_equal(model.weights[0], one.weight.T)
    np.testing.assert_array_equal(model.weights[1], two.weight.T)


@pytest.mark.parametrize(
    ("library", "sizes", "masks"),
    [
        ("snntorch", (16, 8, 3), [False, False]),
        ("norse", (16, 8, 3), [False, False]),
        ("sinabs", (36, 32, 3), [True, False]),
    ],
)
def test_what_other_libraries_wrote_computes_the_same(library, sizes, masks):
    """See ``tests/nir/make.py``."""
    model = exchange.load(ROOT / f"tests/nir/{library}.nir")
    assert model.network.sizes == sizes
    assert [p.mask is not None for p in model.network.projections] == masks
    with np.load(ROOT / f"tests/nir/{library}.npz") as expected:
        found = forward(model.network, model.weights, expected["x"])
        assert expected["y"].any()
        np.testing.assert_allclose(found["output"], expected["y"], atol=1e-6)


def test_neurons_give_populations_their_names(file):
    first, second = dense(4, 6), dense(3, 4)
    nodes = {
        "input": source(6), "fc.1": first, "cell.lif": lif(4), "b": second, "z": lif(3),
        "output": sink(3),
    }  # fmt: skip
    edges = [("input", "fc.1"), ("fc.1", "cell.lif"), ("cell.lif", "b"), ("b", "z")]
    model = exchange.load(written(file, edges=[*edges, ("z", "output")], **nodes))
    assert [p.name for p in model.network.populations] == ["input", "cell_lif", "output"]


@pytest.mark.parametrize(
    "last",
    [
        (),
        (nir.LI(*np.array([[20.0] * 3, [1.0] * 3, [0.0] * 3])),),
        (nir.CubaLI(*np.array([[5.0] * 3, [20.0] * 3, [1.0] * 3, [0.0] * 3])),),
        (nir.I(np.ones(3)),),
    ],
    ids=["nothing", "LI", "CubaLI", "I"],
)
def test_what_only_reads_out_becomes_the_output_neurons(file, last):
    one, two = dense(4, 6), dense(3, 4)
    model = exchange.load(written(file, source(6), one, lif(4), two, *last, sink(3)))
    assert model.network.sizes == (6, 4, 3)
    np.testing.assert_array_equal(model.weights[1], two.weight.T)


@pytest.mark.parametrize(
    ("neuron", "given", "slope"),
    [
        (lif, "tau", lambda x: 1 / x),
        (lif, "r", lambda x: x),
        (lif, "v_threshold", lambda x: 1 / x),
        (lif, "v_reset", lambda x: 1 / (1 - x)),
        (cuba, "tau_mem", lambda x: 1 / x),
        (cuba, "tau_syn", np.ones_like),
        (cuba, "w_in", lambda x: x),
        (integrate, "v_threshold", lambda x: 1 / x),
    ],
)
def test_slopes_that_differ_are_in_the_weights(file, neuron, given, slope):
    values = np.array([0.2, 0.5, 0.8, 0.6])
    one, two = dense(4, 6), dense(3, 4)
    nodes = source(6), one, neuron(4, **{given: values}), two, neuron(3, **{given: 0.5}), sink(3)
    weights = exchange.load(written(file, *nodes)).weights
    every = slope(np.array([*values, 0.5, 0.5, 0.5]))
    every = every / every.mean()
    np.testing.assert_allclose(weights[0], one.weight.T * every[:4])
    np.testing.assert_allclose(weights[1], two.weight.T * every[4:])


def rate(drive, tau, swing_from, threshold):
    """Of a LIF neuron with a steady drive."""
    return 1 / (tau * np.log((drive - swing_from) / (drive - threshold)))


def test_the_slope_is_that_of_a_neuron_driven_strongly():
    node = lif(1, tau=7.0, r=2.0, v_threshold=1.5, v_reset=-0.5, v_leak=0.3)
    (slope,) = slopes(Node("x", node), (1,))
    drives = np.array([1000.0, 1001.0])
    rates = rate(2.0 * drives, 7.0, -0.5 - 0.3, 1.5 - 0.3)
    assert slope == pytest.approx(np.diff(rates)[0], rel=1e-5)


def convolved(images, of):
    """By another way [images, channels, height, width]."""
    pad = np.pad(images, ((0, 0), (0, 0), (of.padding[0],) * 2, (of.padding[1],) * 2))
    inside = of.weight.shape[1]
    found = []
    for out, weights in enumerate(of.weight):
        first = out // (len(of.weight) // of.groups) * inside
        spread = np.zeros((inside, *((n - 1) * d + 1 for n, d in zip(
            weights.shape[1:], of.dilation, strict=True))))  # fmt: skip
        spread[:, :: of.dilation[0], :: of.dilation[1]] = weights
        sums = [
            sum(correlate2d(image[first + c], spread[c], "valid") for c in range(inside))
            for image in pad
        ]
        found.append(np.array(sums)[:, :: of.stride[0], :: of.stride[1]])
    return np.stack(found, axis=1)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"stride": 2},
        {"padding": (1, 2)},
        {"dilation": 2},
        {"groups": 2},
        {"stride": (2, 1), "padding": 1, "dilation": (1, 2), "groups": 2},
    ],
)
def test_a_convolution_is_a_masked_projection(file, given):
    conv = kernel(4, 2, 3, (7, 6), **given)
    images = RANDOM.random((5, 2, 7, 6))
    expected = np.maximum(convolved(images, conv), 0)
    shape = expected.shape[1:]
    nodes = (
        source(2, 7, 6),
        conv,
        integrate(shape),
        flat(shape),
        dense(3, shape_size(shape)),
    )
    model = exchange.load(written(file, *nodes, integrate(3), sink(3)))
    found = forward(model.network, model.weights, images.reshape(5, -1))
    np.testing.assert_allclose(found["n2"], expected.reshape(5, -1), atol=1e-12)
    (first, second), mask = model.network.projections, model.network.projections[0].mask
    assert second.mask is None
    assert not model.weights[0][~mask].any()
    # every neuron gets at most its kernel
    assert mask.sum(axis=0).max() <= conv.weight[0].size
    assert first.post == "n2"


def shape_size(shape):
    return int(np.prod(shape))


def test_same_padding_keeps_the_size(file):
    conv = kernel(1, 1, 3, (4, 4), padding="same")
    model = exchange.load(
        written(file, source(1, 4, 4), conv, integrate((1, 4, 4)), dense(2, 16), sink(2))
    )
    images = RANDOM.random((3, 1, 4, 4))
    conv.padding = (1, 1)
    expected = np.maximum(convolved(images, conv), 0).reshape(3, -1)
    found = forward(model.network, model.weights, images.reshape(3, -1))["n2"]
    np.testing.assert_allclose(found, expected)


def test_weights_of_zero_within_a_kernel_are_connections(file):
    conv = kernel(1, 1, 2, (3, 3))
    conv.weight[0, 0, 0, 1] = 0
    nodes = source(1, 3, 3), conv, integrate((1, 2, 2)), dense(2, 4), sink(2)
    (projection, _) = exchange.load(written(file, *nodes)).network.projections
    assert (projection.mask.sum(axis=0) == 4).all()


@pytest.mark.parametrize(("kind", "factor"), [(nir.SumPool2d, 1.0), (nir.AvgPool2d, 0.25)])
def test_pools_are_folded_into_what_follows_or_comes_before(file, kind, factor):
    conv, last = kernel(2, 1, 3, (4, 4), padding=1), dense(3, 8)
    nodes = (
        source(1, 8, 8), pool(kind, 2), conv, pool(kind, 2), integrate((2, 2, 2)),
        flat((2, 2, 2)), last, integrate(3), sink(3),
    )  # fmt: skip
    model = exchange.load(written(file, *nodes))
    assert model.network.sizes == (64, 8, 3)
    images = RANDOM.random((5, 1, 8, 8))
    pooled = factor * images.reshape(5, 1, 4, 2, 4, 2).sum((3, 5))
    hidden = factor * convolved(pooled, conv).reshape(5, 2, 2, 2, 2, 2).sum((3, 5))
    expected = np.maximum(np.maximum(hidden, 0).reshape(5, -1) @ last.weight.T, 0)
    found = forward(model.network, model.weights, images.reshape(5, -1))
    np.testing.assert_allclose(found["output"], expected, atol=1e-12)


def test_a_pool_after_spikes_and_a_scale_are_folded(file):
    scale, last = nir.Scale(RANDOM.random(4)), dense(3, 4)
    nodes = source(1, 4, 4), integrate((1, 4, 4)), pool(nir.SumPool2d, 2), scale, last, sink(3)
    model = exchange.load(written(file, *nodes))
    one, two = model.network.projections
    np.testing.assert_array_equal(one.mask, np.eye(16, dtype=bool))
    assert two.mask is None
    images = RANDOM.random((5, 4, 4))
    pooled = images.reshape(5, 2, 2, 2, 2).sum((2, 4)).reshape(5, -1)
    expected = np.maximum(pooled * scale.scale @ last.weight.T, 0)
    found = forward(model.network, model.weights, images.reshape(5, -1))["output"]
    np.testing.assert_allclose(found, expected)


def test_ways_that_meet_add_up(file):
    nodes = {
        "in": source(5), "a": dense(4, 5), "b": dense(4, 5), "lif": lif(4), "c": dense(2, 4),
        "short": dense(2, 5), "last": lif(2), "out": sink(2),
    }  # fmt: skip
    edges = [
        ("in", "a"), ("in", "b"), ("a", "lif"), ("b", "lif"), ("lif", "c"), ("c", "last"),
        ("in", "short"), ("short", "last"), ("last", "out"),
    ]  # fmt: skip
    model = exchange.load(written(file, edges=edges, **nodes))
    ways = {
        (p.pre, p.post): w for p, w in zip(model.network.projections, model.weights, strict=True)
    }
    np.testing.assert_allclose(ways["input", "lif"], (nodes["a"].weight + nodes["b"].weight).T)
    np.testing.assert_array_equal(ways["input", "output"], nodes["short"].weight.T)
    np.testing.assert_array_equal(ways["lif", "output"], nodes["c"].weight.T)


def test_graphs_within_graphs_are_laid_open(file):
    inner = nir.NIRGraph(
        {"input": source(6), "fc": dense(4, 6), "lif": lif(4), "output": sink(4)},
        [("input", "fc"), ("fc", "lif"), ("lif", "output")],
        metadata={},
    )
    nodes = {"input": source(6), "block": inner, "fc": dense(2, 4), "output": sink(2)}
    edges = [("input", "block"), ("block", "fc"), ("fc", "output")]
    model = exchange.load(written(file, edges=edges, **nodes))
    assert [p.name for p in model.network.populations] == ["input", "block_lif", "output"]
    np.testing.assert_array_equal(model.weights[0], inner.nodes["fc"].weight.T)


def test_a_value_for_all_neurons_is_that_of_each(file):
    """As snnTorch writes it."""
    nodes = source(6), dense(4, 6), lif(()), dense(3, 4), lif((1,)), sink(3)
    assert exchange.load(written(file, *nodes)).network.sizes == (6, 4, 3)


def biased(kind):
    if kind == "Affine":
        return source(4), nir.Affine(np.ones((3, 4)), np.array([0, 0.1, 0])), lif(3), sink(3)
    conv = kernel(1, 1, 2, (2, 2), bias=np.ones(1))
    return source(1, 2, 2), conv, lif((1, 1, 1)), sink(1)


NAN = nir.Linear(np.full((3, 4), np.nan))
REFUSED = {
    "bias": (biased("Affine"), ["n1 (Affine)", "biases", "bias=False"]),
    "bias of a kernel": (biased("Conv2d"), ["n1 (Conv2d)", "biases", "bias=False"]),
    "NaN": ((source(4), NAN, lif(3), sink(3)), ["n1 (Linear)", "finite"]),
    "NaN of a neuron": ((source(4), dense(3, 4), lif(3, tau=np.nan), sink(3)), ["n2", "tau"]),
    "no match": ((source(5), dense(3, 4), lif(3), sink(3)), ["n1 (Linear)", "(5,)", "4 values"]),
    "other neurons": ((source(4), dense(3, 4), lif(2), sink(2)), ["n2 (LIF)", "(3,)"]),
    "two layers": (
        (source(4), dense(5, 4), dense(3, 5), lif(3), sink(3)),
        ["n2 (Linear)", "node n1", "ReLU", "IF"],
    ),
    "delay": (
        (source(4), nir.Delay(np.ones(4)), dense(3, 4), lif(3), sink(3)),
        ["n1 (Delay)", "no counterpart"],
    ),
    "threshold": (
        (source(4), dense(3, 4), nir.Threshold(np.ones(3)), sink(3)),
        ["n2 (Threshold)", "no counterpart"],
    ),
    "integrator within": (
        (source(4), dense(3, 4), nir.I(np.ones(3)), dense(2, 3), lif(2), sink(2)),
        ["n2 (I)", "sends no spikes"],
    ),
    "on its own": ((source(4), dense(3, 4), lif(3, v_leak=1.0), sink(3)), ["n2", "v_leak"]),
    "no swing": ((source(4), dense(3, 4), lif(3, v_reset=1.0), sink(3)), ["n2", "v_reset"]),
    "no time": ((source(4), dense(3, 4), lif(3, tau=0.0), sink(3)), ["n2", "tau"]),
    "biases of a reading": (
        (source(4), dense(2, 4), nir.LI(np.ones(2), np.ones(2), np.array([0.0, 1])), sink(2)),
        ["n2 (LI)", "v_leak"],
    ),
    "no image": (
        (source(9), pool(nir.SumPool2d, 2), lif(1), sink(1)),
        ["n1 (SumPool2d)", "(9,)", "image"],
    ),
    "another image": (
        (source(1, 3, 3), kernel(1, 1, 2, (4, 4)), lif(4), sink(4)),
        ["n1 (Conv2d)", "(1, 3, 3)", "(4, 4)"],
    ),
    "too few for an image": (
        (source(10), kernel(1, 1, 2, (4, 4)), lif(9), sink(9)),
        ["n1 (Conv2d)", "(10,)", "(4, 4)"],
    ),
    "channels": (
        (source(3, 4, 4), kernel(1, 2, 2, (4, 4)), lif(9), sink(9)),
        ["n1 (Conv2d)", "channels"],
    ),
    "kernel too large": (
        (source(1, 2, 2), kernel(1, 1, 5, (2, 2)), lif(1), sink(1)),
        ["n1 (Conv2d)", "larger"],
    ),
    "no stride": (
        (source(1, 4, 4), pool(nir.AvgPool2d, 2, stride=0), lif(9), sink(9)),
        ["n1 (AvgPool2d)", "stride"],
    ),
    "no shape": ((nir.Input(None), dense(3, 4), lif(3), sink(3)), []),
    "too many": ((source(100_000), dense(3, 4), lif(3), sink(3)), ["n0 (Input)", "smaller"]),
    "no output": ((source(4), dense(3, 4), lif(3)), ["0 nodes Output"]),
    "no input": ((dense(3, 4), lif(3), sink(3)), ["0 nodes Input"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_counterpart_is_told_with_its_node(file, name):
    nodes, words = REFUSED[name]
    if name == "no shape":
        nodes[0].input_type = {"input": np.array([], int)}
    message = refused(written(file, *nodes))
    for word in words:
        assert word in message, message


def test_biases_of_zero_are_none(file):
    one = nir.Affine(RANDOM.normal(size=(3, 4)), np.zeros(3))
    (weights,) = exchange.load(written(file, source(4), one, lif(3), sink(3))).weights
    np.testing.assert_array_equal(weights, one.weight.T)


def test_circles(file):
    nodes = {"in": source(3), "a": dense(3, 3), "lif": lif(3), "b": dense(3, 3), "out": sink(3)}
    chain = [("in", "a"), ("a", "lif"), ("lif", "out")]
    path = written(file, edges=[*chain, ("a", "b"), ("b", "a")], **nodes)
    assert "circle without neurons" in refused(path)
    path = written(file, edges=[*chain, ("lif", "b"), ("b", "lif")], **nodes)
    network = exchange.load(path).network
    assert [(p.pre, p.post) for p in network.projections] == [
        ("input", "output"),
        ("output", "output"),
    ]
    with pytest.raises(UserError, match=r"network.source: .* does not lead forwards"):
        given(path)


def test_what_leads_nowhere_is_told(file):
    nodes = {"in": source(3), "a": dense(3, 3), "lif": lif(3), "b": dense(2, 3), "x": lif(2)}
    nodes["out"] = sink(3)
    edges = [("in", "a"), ("a", "lif"), ("lif", "out"), ("lif", "b"), ("b", "x")]
    with pytest.raises(UserError, match=r"network.source: .*from x"):
        given(written(file, edges=edges, **nodes))
    assert "no way leads" in refused(written(file, edges=[("in", "a")], **nodes))


@pytest.mark.parametrize("content", [b"", b"no HDF5", None, "empty"])
def test_damaged_files(file, content):
    if content is None:
        whole = written(file, source(4), dense(3, 4), lif(3), sink(3)).read_bytes()
        file.write_bytes(whole[: len(whole) // 2])
    elif content == "empty":
        h5py.File(file, "w").close()
    else:
        file.write_bytes(content)
    assert "cannot be read as NIR" in refused(file)


def test_a_file_that_is_not_there(file):
    assert "is no file" in refused(file)


def targets(placement=small.PLACED, **given):
    circuits = small.circuits(settings.Substrate(), placement, **given)
    return parameters.measured(small.DOCUMENTED, placement, circuits)


def same_structure(one, other):
    return store.content_hash(store.flatten(one)) == store.content_hash(store.flatten(other))


def test_what_is_exported_is_loaded(file):
    weights = conversion.dequantise(small.WEIGHTS, 4)
    network = small.PLACED.network
    exchange.export_neurons(file, network, weights, targets(), parameters="targets")
    model = exchange.load(file)
    assert same_structure(model.network, network)
    for one, same in zip(model.weights, weights, strict=True):
        np.testing.assert_array_equal(one, same)
    # the library's own check of shapes
    assert nir.read(file).metadata["made_by"].startswith("waferloop ")


def test_neurons_that_stand_for_relus_fire_in_proportion(file):
    """NIR's equation of a LIF, step by step, against the software network."""
    network, images = small.PLACED.network, RANDOM.random((20, 30))
    weights = conversion.dequantise(small.WEIGHTS, 4)
    exchange.export(file, network, weights, images)
    assert same_structure(exchange.load(file).network, network)
    nodes, steps = nir.read(file).nodes, 4000
    sent = {"input": np.broadcast_to(images, (steps, *images.shape))}
    for name, p in zip(("hidden_1", "output_neurons"), network.projections, strict=True):
        node, before = nodes[name], nodes[f"{'input' if p.pre == 'input' else p.pre}_to_{name}"]
        v, spikes = np.zeros((20, node.tau.size)), np.zeros((steps, 20, node.tau.size))
        drive = sent[p.pre] @ before.weight.T
        for n in range(steps):
            v = v + exchange.STEP / node.tau * (node.v_leak - v + node.r * drive[n])
            spikes[n] = v > node.v_threshold
            v = np.where(spikes[n] > 0, node.v_reset, v)
        sent[p.post] = spikes
    relu = forward(network, weights, images)
    for name in ("hidden_1", "output"):
        rate = sent[name].mean(0)
        # what a reset discards adds up over layers
        assert 0.5 * exchange.BUSIEST < rate.max() <= exchange.BUSIEST
        assert np.corrcoef(rate.ravel(), relu[name].ravel())[0, 1] > 0.98


def test_masks_and_ways_are_exported_too(file):
    roles = {"input": (30, "input"), "a": (8, "hidden"), "output": (4, "output")}
    populations = tuple(Population(name, *of) for name, of in roles.items())
    projections = (
        Projection("input", "a", RANDOM.random((30, 8)) < 0.5),
        Projection("input", "output"),
        Projection("a", "output"),
    )
    network = Network(populations, projections)
    weights = [RANDOM.normal(size=shape) for shape in network.shapes]
    weights[0] *= projections[0].mask
    exchange.export_neurons(file, network, weights, targets())
    model = exchange.load(file)
    assert same_structure(model.network, network)
    for one, same in zip(model.weights, weights, strict=True):
        np.testing.assert_array_equal(one, same)


def test_projections_between_the_same_populations_add_up(file):
    populations = (Population("input", 5, "input"), Population("output", 4, "output"))
    masks = [RANDOM.random((5, 4)) < 0.5 for _ in range(2)]
    network = Network(populations, tuple(Projection("input", "output", mask) for mask in masks))
    weights = [RANDOM.normal(size=(5, 4)) * mask for mask in masks]
    exchange.export(file, network, weights, RANDOM.random((3, 5)))
    (found,) = exchange.load(file).weights
    np.testing.assert_allclose(found, weights[0] + weights[1])


def test_a_recurrent_network_has_no_rates_to_export(file):
    populations = (Population("input", 5, "input"), Population("output", 4, "output"))
    both = Network(populations, (Projection("input", "output"), Projection("output", "output")))
    with pytest.raises(UserError, match="does not lead forwards"):
        exchange.export(file, both, [np.ones((5, 4)), np.ones((4, 4))], np.ones((2, 5)))


def test_neurons_are_in_ms_and_mv(file):
    exchange.export_neurons(
        file, small.PLACED.network, conversion.dequantise(small.WEIGHTS, 4), targets()
    )
    node, neuron = nir.read(file).nodes["hidden_1"], settings.Neuron()
    for name, value in (
        ("v_leak", neuron.v_rest), ("v_threshold", neuron.v_thresh), ("v_reset", neuron.v_reset),
        ("tau_mem", neuron.tau_m), ("tau_syn", neuron.tau_syn_E),
    ):  # fmt: skip
        # codes are whole
        np.testing.assert_allclose(getattr(node, name), np.full(8, value), rtol=0.01)
    np.testing.assert_allclose(node.metadata["tau_refrac"], neuron.tau_refrac, rtol=0.02)


def test_a_spike_moves_a_cuba_lif_as_its_conductance_the_neuron_at_threshold():
    """First moments of what follows a weak spike, of both equations."""
    of, neuron = targets(gmax_div=30), settings.Neuron()
    area = of.charge[0] * 1.0
    # the current decays with tau_syn: at its start it is charge / tau_syn, and moves v so fast
    start = area / neuron.tau_syn_E / neuron.tau_m
    step = datasheet.weight_conductance(15) * datasheet.row_gain(205 * 2500 / 1023 / 500, 30)
    step = step / (4 * datasheet.C_DENMEM_PF) / datasheet.SPEEDUP
    # codes are whole
    assert start == pytest.approx(step * (neuron.e_rev_E - neuron.v_thresh), rel=0.01)


def test_measured_neurons_are_what_the_codes_give_on_their_circuits():
    section = settings.Substrate()
    circuits = small.circuits(section)
    found = parameters.measured(small.DOCUMENTED, small.PLACED, circuits)
    # codes are whole
    np.testing.assert_allclose(found.v_thresh, section.neuron.v_thresh, atol=0.2)
    np.testing.assert_allclose(found.tau_m, section.neuron.tau_m, rtol=0.02)
    off = calibration.of_hicanns(small.HICANNS)
    first = small.PLACED.denmems[3, 0]
    off.offset["V_t"][first] += 0.05
    moved = parameters.measured(off, small.PLACED, circuits)
    expected = np.zeros(12)
    # 10 hardware V are 1000 biological mV
    expected[3] = 5.0
    np.testing.assert_allclose(moved.v_thresh - found.v_thresh, expected, atol=1e-9)


def test_what_cannot_be_exported_is_told(file, tmp_path):
    weights, neurons = conversion.dequantise(small.WEIGHTS, 4), targets()
    with pytest.raises(UserError, match="do not fit"):
        exchange.export_neurons(file, small.PLACED.network, weights[:1], neurons)
    with pytest.raises(UserError, match="cannot be written"):
        exchange.export_neurons(tmp_path / "no" / "x.nir", small.PLACED.network, weights, neurons)
    inputs, out = [Population(n, 15, "input") for n in "ab"], Population("o", 4, "output")
    two = Network((*inputs, out), (Projection("a", "o"), Projection("b", "o")))
    with pytest.raises(UserError, match="one input here, and there are a, b"):
        exchange.export_neurons(file, two, weights, neurons)


def test_recorded_spikes_are_exported(file, ideal):
    substrate = small.opened(ideal)
    duration = small.PRESENTATION.window
    recording = substrate.run(small.stimulus(), duration, times=True)
    exchange.export_spikes(file, recording, duration)
    found = nir.read_data(file)
    graph = file.with_name("graph.nir")
    exchange.export_neurons(
        graph, small.PLACED.network, conversion.dequantise(small.WEIGHTS, 4), targets()
    )
    found.check_nodes(nir.read(graph))
    spikes = found.nodes["hidden_1"].observables["spikes"]
    counts = [np.bincount(row[row >= 0], minlength=8) for row in spikes.idx]
    np.testing.assert_array_equal(counts, recording.of("hidden_1").counts)
    assert recording.counts.sum() > 0
    assert np.isfinite(spikes.time).sum() == recording.of("hidden_1").counts.sum()
    with pytest.raises(UserError, match="times=True"):
        exchange.export_spikes(file, substrate.run(small.stimulus(), duration), duration)


TINY = {
    "runs": 1,
    "dataset": {"classes": [0, 1], "pixels": 4},
    "encoding": {"duration": 50.0, "pause": 5.0},
    "conversion": {"images": 10, "gmax_div": [2, 30]},
    "loop": {"iterations": 2, "batch": 10},
}


def given(path, **sections):
    return configure(**(TINY | {"network": {"source": str(path)}} | sections))


def test_an_experiment_takes_structure_and_weights_from_a_file(file):
    one, two = dense(5, 16), dense(2, 5)
    written(file, source(16), one, lif(5), two, lif(2), sink(2))
    rig = Rig(given(file))
    assert rig.network.sizes == (16, 5, 2)
    x = RANDOM.random((40, 16), dtype=np.float32)
    y = np.arange(40) % 2
    data = Dataset(x, y, x[:6], y[:6])
    trained, progress = rig.software(data)
    for found, node in zip(trained.weights, (one, two), strict=True):
        np.testing.assert_array_equal(found, node.weight.T)
    assert [p.step for p in progress] == [0]
    outputs = np.maximum(np.maximum(x[:6] @ one.weight.T, 0) @ two.weight.T, 0)
    assert progress[0].accuracy == np.mean(outputs.argmax(1) == y[:6])
    found = rig.calibration([])
    placement = rig.place(found).placement
    circuits, _ = rig.convert(data, trained.weights, found, placement)
    states = list(rig.train(rig.first_checkpoint(trained.weights), data, placement, circuits))
    assert len(states) == 2
    evaluation = rig.evaluate(data, states[-1].codes, rig.opened(placement, circuits))
    assert 0 <= evaluation.accuracy <= 1


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"dataset": {"classes": [0, 1], "pixels": 5}}, ["16 inputs", "dataset.pixels", "25"]),
        ({"dataset": {"classes": [0, 1], "inputs": 7}}, ["16 inputs", "dataset.inputs is 7"]),
        ({"dataset": {"classes": [0, 1, 2], "pixels": 4}}, ["2 outputs", "3 dataset.classes"]),
    ],
)
def test_a_file_that_does_not_fit_the_data_is_told(file, sections, words):
    written(file, source(16), dense(2, 16), lif(2), sink(2))
    with pytest.raises(UserError) as error:
        given(file, **sections)
    assert str(error.value).startswith(f"network.source: '{file}'")
    for word in words:
        assert word in str(error.value)


def test_layers_are_given_once(file):
    written(file, source(16), dense(2, 16), lif(2), sink(2))
    with pytest.raises(UserError, match=r"^network.hidden: \[7\] .*leave one"):
        given(file, network={"source": str(file), "hidden": [7]})


@pytest.mark.parametrize("path", ["nowhere.nir", "x" * 999])
def test_a_path_that_leads_nowhere_is_told(path):
    with pytest.raises(UserError, match=r"^network.source: '.*' cannot be read .*NIR file"):
        given(path)


def test_a_file_that_is_written_anew_is_read_anew(file):
    written(file, source(16), dense(3, 16), lif(3), dense(2, 3), lif(2), sink(2))
    assert Rig(given(file)).network.sizes == (16, 3, 2)
    written(file, source(16), dense(4, 16), lif(4), dense(2, 4), lif(2), sink(2))
    assert Rig(given(file)).network.sizes == (16, 4, 2)
