"""What several tests share: the default configuration."""

from pathlib import Path

import pytest
from waferloop.experiment import config as configuration

ROOT = Path(__file__).parents[1]
BUNDLED = ROOT / "resources" / "mnist"


@pytest.fixture
def config():
    return configuration.complete({})


@pytest.fixture(scope="session")
def make_ideal():
    """Section ``substrate`` without any imperfection."""

    def make(section):
        section["variation"]["scale"] = 0.0
        section["defects"] = {"denmem": 0.0, "driver": 0.0, "hicann": 0.0}
        section["links"] = dict.fromkeys(section["links"], 0.0) | {"delay": 0.8}
        return section

    return make


@pytest.fixture
def ideal(config, make_ideal):
    return make_ideal(config["substrate"])
