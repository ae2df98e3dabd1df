"""What several tests share: the default configuration."""

import signal
from dataclasses import fields, replace
from pathlib import Path

import pytest
from waferloop import settings
from waferloop.experiment import config as configuration

ROOT = Path(__file__).parents[1]
BUNDLED = ROOT / "resources" / "mnist"


def heed_signals():
    """In a new process: let signals end it, even if the tests run in the background or detached."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture
def config():
    return configuration.complete({})


@pytest.fixture(scope="session")
def make_ideal():
    """Section ``substrate`` without any imperfection."""

    def off(kind):
        return kind(**{field.name: 0.0 for field in fields(kind)})

    def make(section):
        return replace(
            section,
            variation=replace(section.variation, scale=0.0, saturation=0.0),
            defects=off(settings.Defects),
            links=replace(off(settings.Links), delay=0.8),
        )

    return make


@pytest.fixture(scope="session")
def ideal(make_ideal):
    return make_ideal(settings.Substrate())
