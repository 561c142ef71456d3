"""How large a world is and what it is made of; a set of photos of it can be written down as YAML."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from training.synthetic.groups import Group


@dataclass(frozen=True)
class WorldSpec:
    """How large a world is; stores take the three formats in turn.

    Attributes:
        art: the repertoire of brands, colours and pack faces.
        light: the repertoire of lamps and sensors.
        fixtures: the repertoire of bays: measures, shelves, rails, tags.
        widest: cm of the widest pack that bays are laid out with; narrow packs stand densely.
    """

    seed: int
    products: int = 300
    stores: int = 3
    bays_per_store: int = 8
    art: Group = Group.USUAL
    light: Group = Group.USUAL
    fixtures: Group = Group.USUAL
    widest: float = math.inf


class PhotoPlan(BaseModel):
    """Which photos of which world make up a test set.

    Attributes:
        photos: how many; every bay is photographed in turn, the day counts up after each turn.
        longer_side: of a photo, in pixels.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(ge=0, lt=2**31)
    products: int = Field(ge=1, le=5000)
    stores: int = Field(ge=1, le=20)
    bays_per_store: int = Field(ge=1, le=50)
    art: Group
    light: Group
    fixtures: Group
    photos: int = Field(ge=1, le=10_000)
    longer_side: int = Field(ge=160, le=4096)

    @property
    def world(self) -> WorldSpec:
        """The world to photograph."""
        return WorldSpec(
            self.seed, self.products, self.stores, self.bays_per_store, self.art, self.light, self.fixtures
        )

    def shots(self) -> Iterator[tuple[str, int]]:
        """Yield bay and day of each photo, in order."""
        bays = [
            f"store-{store}-bay-{bay}"
            for bay in range(1, self.bays_per_store + 1)
            for store in range(1, self.stores + 1)
        ]
        for number in range(self.photos):
            yield bays[number % len(bays)], number // len(bays)


def load_photo_plan(path: Path) -> PhotoPlan:
    """Read a plan; nothing in it has a default.

    Raises:
        pydantic.ValidationError: naming what is missing, unknown or out of range.
    """
    plan: Any = yaml.safe_load(path.read_text())
    return PhotoPlan.model_validate(plan)
