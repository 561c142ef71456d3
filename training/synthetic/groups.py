"""The generator's repertoire in two groups, so that a test world can look like none that was trained on."""

from enum import StrEnum


class Group(StrEnum):
    """Which repertoire of art, light or fixtures a world draws on.

    Training, the demo and the tests draw on ``USUAL`` alone; ``HELD_OUT`` is for worlds that measure.
    """

    USUAL = "usual"
    HELD_OUT = "held_out"
