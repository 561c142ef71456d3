"""Lighting presets: what a photo would look like under another lamp.

All of them change colours only, so boxes stay where they are. Presets work on RGB photos, like everything here.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retail.conditions import Lighting

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # read while it is imported: it asks its server for newer versions

import albumentations as A

Image = NDArray[np.uint8]
_COLOUR_SPREAD = np.array([1.0, 0.1, -1.0], dtype=np.float32)  # of warmth over red, green, blue


class LampColour(A.ImageOnlyTransform):
    """Multiply red and blue against each other, as a lamp of another colour temperature does.

    Attributes:
        warmth: least and most of the change; +0.3 multiplies red by 1.3 and blue by 0.7, below 0 is colder.
        mixed: two lamps: the change fades into its opposite across the photo, in a random direction.
    """

    def __init__(self, warmth: tuple[float, float], mixed: bool = False, p: float = 1.0) -> None:
        super().__init__(p=p)
        self.warmth = tuple(warmth)
        self.mixed = mixed

    def get_params(self) -> dict[str, Any]:
        """Draw warmth and direction (radians)."""
        return {
            "warmth": self.py_random.uniform(*self.warmth),
            "direction": self.py_random.uniform(0, 2 * np.pi),
        }

    def apply(self, img: Image, warmth: float = 0.0, direction: float = 0.0, **params: Any) -> Image:
        """Return the photo under that lamp."""
        share: NDArray[np.float32] | float = _ramp(img.shape[:2], direction)[..., None] if self.mixed else 1.0
        gains = 1 + warmth * share * _COLOUR_SPREAD
        changed: Image = np.clip(img * gains, 0, 255).astype(np.uint8)
        return changed

    def get_transform_init_args_names(self) -> tuple[str, ...]:
        """Name what a trainer stores to rebuild the transform."""
        return ("warmth", "mixed")


class SwapRedBlue(A.ImageOnlyTransform):
    """Turn BGR into RGB or back."""

    def apply(self, img: Image, **params: Any) -> Image:
        """Return the photo with its channels reversed."""
        return np.ascontiguousarray(img[..., ::-1])

    def get_transform_init_args_names(self) -> tuple[str, ...]:
        """Name nothing: it has no settings."""
        return ()


def preset(lighting: Lighting) -> A.Sequential:
    """Return transforms that make an RGB uint8 photo look as under this light."""
    return A.Sequential(_transforms(lighting), p=1.0)


def lighting_aware(weights: Mapping[Lighting, float], share: float = 0.6) -> A.OneOf:
    """Return one transform that relights a share of all photos, choosing a preset by weight.

    Args:
        weights: how much each light should be practised; need not sum to 1, zero leaves it out.
        share: of photos that are changed at all, in 0..1.

    Raises:
        ValueError: if no weight is above zero, or one is below.
    """
    wanted = {light: weight for light, weight in weights.items() if weight}
    if not wanted or min(wanted.values()) < 0:
        raise ValueError(f"lighting weights {dict(weights)} need at least one value above 0 and none below")
    return A.OneOf([A.Sequential(_transforms(light), p=weight) for light, weight in wanted.items()], p=share)


def for_ultralytics(transforms: Sequence[A.BasicTransform | A.BaseCompose]) -> list[A.BasicTransform | A.BaseCompose]:
    """Wrap RGB transforms for Ultralytics, which augments BGR photos: unwrapped, warm light would come out cold."""
    return [SwapRedBlue(p=1.0), *transforms, SwapRedBlue(p=1.0)]


def _transforms(lighting: Lighting) -> list[A.BasicTransform]:
    match lighting:
        case Lighting.NEUTRAL:
            return [A.RandomBrightnessContrast(brightness_limit=0.06, contrast_limit=0.08, p=1.0)]
        case Lighting.WARM:
            return [LampColour((0.12, 0.32))]
        case Lighting.COLD:
            return [LampColour((-0.32, -0.12))]
        case Lighting.DIM:
            # A camera raises its gain in the dark: less light comes with more noise.
            return [A.RandomGamma(gamma_limit=(130, 230), p=1.0), A.ISONoise(intensity=(0.1, 0.35), p=0.7)]
        case Lighting.GLARE:
            return [A.Illumination(mode="gaussian", intensity_range=(0.12, 0.2), effect_type="brighten", p=1.0)]
        case Lighting.MIXED:
            return [LampColour((0.15, 0.32), mixed=True)]


def _ramp(shape: tuple[int, int], direction: float) -> NDArray[np.float32]:
    """Return a plane from -1 to 1 across the photo, shape (h, w)."""
    height, width = shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    plane = x * np.cos(direction) + y * np.sin(direction)
    return (plane / np.abs(plane).max()).astype(np.float32)
