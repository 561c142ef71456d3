"""The condition of a capture: lighting × viewing angle × store format."""

from dataclasses import dataclass
from enum import StrEnum

from retail.stores import StoreFormat


class Lighting(StrEnum):
    """The light on a shelf, as a photo shows it."""

    NEUTRAL = "neutral"
    WARM = "warm"
    COLD = "cold"
    DIM = "dim"
    GLARE = "glare"
    MIXED = "mixed"


class ViewingAngle(StrEnum):
    """How far the camera looks past the shelf's normal, sideways."""

    FRONTAL = "frontal"  # under 12 degrees
    OBLIQUE = "oblique"  # 12 to 30 degrees
    STEEP = "steep"  # above 30 degrees

    @classmethod
    def from_degrees(cls, degrees: float) -> "ViewingAngle":
        """Bin a yaw angle; its sign does not matter."""
        yaw = abs(degrees)
        return cls.FRONTAL if yaw < 12 else cls.OBLIQUE if yaw <= 30 else cls.STEEP


@dataclass(frozen=True, slots=True)
class Condition:
    """Under which circumstances a capture was taken; one value of it is a stratum."""

    lighting: Lighting
    angle: ViewingAngle
    format: StoreFormat

    @property
    def stratum(self) -> str:
        """The stratum's name, for example ``warm/oblique/convenience``."""
        return f"{self.lighting}/{self.angle}/{self.format}"

    @classmethod
    def from_stratum(cls, stratum: str) -> "Condition":
        """Read a stratum's name back.

        Raises:
            ValueError: if it does not have the three known parts.
        """
        lighting, angle, store_format = stratum.split("/")
        return cls(Lighting(lighting), ViewingAngle(angle), StoreFormat(store_format))
