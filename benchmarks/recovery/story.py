"""What happens to the stores, and when: the same for every seed, day by day."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Literal

from retail.conditions import Lighting
from training.synthetic.season import Turnover
from training.synthetic.spec import WorldSpec
from training.synthetic.world import ShelfWorld

Arm = Literal["shipped", "random"]

STUDY = Path(__file__).parent / "study.json"  # what was measured, committed
ARMS: tuple[Arm, ...] = ("shipped", "random")
SEEDS = (811, 812, 813)  # no seed that the starter was trained on
STORES, BAYS_PER_STORE, PRODUCTS = 3, 6, 200

# New looks and delisted products show at once; new products once a bay is laid out anew.
_CATALOGUE = Turnover(delisted=0.05, refreshed=0.2, families=10, reset=0)
_PLANOGRAMS = Turnover(delisted=0, refreshed=0, families=0, reset=0.5)


class Stage(StrEnum):
    """A time in which nothing changes."""

    BEFORE = "before"
    CATALOGUE = "catalogue"
    LIGHT = "light"
    PLANOGRAMS = "planograms"


@dataclass(frozen=True, slots=True)
class Photos:
    """Photos of every bay on some days; a day's photo of a bay is taken from the same place at every stage."""

    name: str
    stage: Stage
    days: range


BEGINS = {Stage.BEFORE: 0, Stage.CATALOGUE: 20, Stage.LIGHT: 30, Stage.PLANOGRAMS: 40}
FIRST = Photos("first", Stage.BEFORE, range(0, 4))  # all labelled: what the champion learnt from
POOL = Photos("pool", Stage.PLANOGRAMS, range(40, 80))
# Days of no other photos: nothing that is measured is ever picked from.
TESTS = {stage: Photos(f"test-{stage}", stage, range(1000, 1004)) for stage in Stage}
ROUND_DAYS = (80, 84)


@lru_cache(maxsize=1)
def worlds(seed: int) -> dict[Stage, ShelfWorld]:
    """Return the stores at every stage."""
    before = ShelfWorld.build(WorldSpec(seed, PRODUCTS, STORES, BAYS_PER_STORE))
    catalogue, _ = before.advance(1, _CATALOGUE)
    planograms, _ = catalogue.advance(2, _PLANOGRAMS)
    return {
        Stage.BEFORE: before,
        Stage.CATALOGUE: catalogue,
        Stage.LIGHT: catalogue,
        Stage.PLANOGRAMS: planograms,
    }


def lamps(stage: Stage) -> Lighting:
    """Return the light of a stage: cold tubes, and the warm lamps that replace them.

    Neither is kinder to a camera, so nothing of what is lost is lost for good: 160 labelled photos bring names back to
    what they were. Under lamps and sensors of the held-out repertoire they stay a tenth below.
    """
    return Lighting.WARM if stage in (Stage.LIGHT, Stage.PLANOGRAMS) else Lighting.COLD
