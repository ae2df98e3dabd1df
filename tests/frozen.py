"""A backend of the tests: the default wafer, whatever the settings say of how it was made."""

from dataclasses import replace

from waferloop import settings
from waferloop.backends import emulator

traits = emulator.traits


def connect(section, placement, write, threads=1):
    made = replace(
        section, variation=settings.Variation(), defects=settings.Defects(), links=settings.Links()
    )
    return emulator.connect(made, placement, write, threads)
