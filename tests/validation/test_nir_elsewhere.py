"""NIR files of ours in other libraries, in an environment of their own."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from waferloop import conversion, datasets, seeds, settings
from waferloop.exchange import nir as exchange
from waferloop.learning import software
from waferloop.learning.loss import accuracy
from waferloop.network import Network, forward

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-torch" / "bin" / "python"
IMAGES, STEPS = 200, 3000


@pytest.fixture(scope="module")
def trained():
    """Scikit-learn's digits, learnt in software; weights as they are written."""
    section = settings.Dataset(source="digits", classes=tuple(range(10)), pixels=8)
    data = datasets.load(section, datasets.files("digits", ROOT / "resources"))
    network, training = Network.dense(64, 30, 10), settings.Software(steps=3000)
    weights, _ = software.train(data, network, training, seeds.generator(0, "test"))
    codes = conversion.converted(weights, network, 4).codes
    return data, network, conversion.dequantise(codes, 4)


@pytest.mark.skipif(not PYTHON.exists(), reason="needs .venv-torch: make test-elsewhere")
@pytest.mark.parametrize("library", ["norse", "snntorch"])
def test_other_libraries_reach_the_accuracy_of_our_software(trained, tmp_path, library):
    data, network, weights = trained
    exchange.export(tmp_path / "out.nir", network, weights, data.x_train)
    images, labels = data.x_test[:IMAGES], data.y_test[:IMAGES]
    np.save(tmp_path / "images.npy", images)
    script = ROOT / "tests" / "nir" / "read.py"
    command = [PYTHON, script, library, tmp_path / "out.nir", tmp_path / "images.npy", str(STEPS)]
    told = subprocess.run(command, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    spikes = np.array(json.loads(told.stdout.splitlines()[-1]))
    expected = forward(network, weights, images)["output"]
    assert accuracy(expected, labels) > 0.9
    assert accuracy(spikes, labels) == pytest.approx(accuracy(expected, labels), abs=0.015)
    assert (spikes.argmax(1) == expected.argmax(1)).mean() > 0.97
    # and not just the decision
    assert np.corrcoef(spikes.ravel(), expected.ravel())[0, 1] > 0.99
