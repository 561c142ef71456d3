"""Presets: what a photo would look like under another lamp, or taken by a worse camera.

None of them moves anything, so boxes stay where they are. Presets work on RGB photos, like everything here.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
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


class GlassReflection(A.ImageOnlyTransform):
    """Mirror the aisle in the glass of a door: the photo itself, turned around, out of focus, over a part of it.

    Attributes:
        strength: least and most share of the reflected light, in 0..1.
    """

    def __init__(self, strength: tuple[float, float] = (0.25, 0.55), p: float = 1.0) -> None:
        super().__init__(p=p)
        self.strength = tuple(strength)

    def get_params(self) -> dict[str, Any]:
        """Draw the strength, and where the pane begins and ends as shares of the width."""
        left = self.py_random.uniform(-0.3, 0.6)
        return {
            "strength": self.py_random.uniform(*self.strength),
            "pane": (left, left + self.py_random.uniform(0.4, 0.9)),
        }

    def apply(self, img: Image, strength: float = 0.0, pane: tuple[float, float] = (0, 1), **params: Any) -> Image:
        """Return the photo behind glass."""
        height, width = img.shape[:2]
        small = cv2.resize(img[:, ::-1], (max(2, width // 24), max(2, height // 24)), interpolation=cv2.INTER_AREA)
        mirrored = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)
        x = np.linspace(0, 1, width, dtype=np.float32)
        glass = strength * np.clip(np.minimum(x - pane[0], pane[1] - x) * 20, 0, 1)[None, :, None]
        # Light adds up: a reflection brightens what lies behind it, and never darkens it.
        changed: Image = np.clip(img + glass * mirrored, 0, 255).astype(np.uint8)
        return changed

    def get_transform_init_args_names(self) -> tuple[str, ...]:
        """Name what a trainer stores to rebuild the transform."""
        return ("strength",)


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


def camera_faults(share: float) -> A.OneOf:
    """Return one transform that spoils a share of all photos: shaken, out of focus, or strongly compressed."""
    shaken = A.MotionBlur(blur_limit=(3, 7), p=0.5)
    out_of_focus = A.GaussianBlur(sigma_limit=(0.6, 1.6), p=0.5)
    compressed = A.ImageCompression(quality_range=(25, 60), p=1.0)
    return A.OneOf([shaken, out_of_focus, compressed], p=share)


def for_ultralytics(transforms: Sequence[A.BasicTransform | A.BaseCompose]) -> list[A.BasicTransform | A.BaseCompose]:
    """Wrap RGB transforms for Ultralytics, which augments BGR photos: unwrapped, warm light would come out cold."""
    return [SwapRedBlue(p=1.0), *transforms, SwapRedBlue(p=1.0)]


def _transforms(lighting: Lighting) -> list[A.BasicTransform | A.BaseCompose]:
    match lighting:
        case Lighting.NEUTRAL:
            return [A.RandomBrightnessContrast(brightness_limit=0.06, contrast_limit=0.08, p=1.0)]
        case Lighting.WARM:
            return [LampColour((0.12, 0.32))]
        case Lighting.COLD:
            return [LampColour((-0.32, -0.12))]
        case Lighting.DIM:
            # Gamma alone leaves white as white as it was; and a camera raises its gain in the dark, which is noise.
            less = A.MultiplicativeNoise(multiplier=(0.35, 0.6), p=1.0)
            return [A.RandomGamma(gamma_limit=(110, 170), p=1.0), less, A.ISONoise(intensity=(0.1, 0.35), p=0.7)]
        case Lighting.GLARE:
            lamp = A.Illumination(mode="gaussian", intensity_range=(0.16, 0.2), effect_type="brighten", p=1.0)
            return [A.OneOf([lamp, GlassReflection()], p=1.0)]
        case Lighting.MIXED:
            # Where two lamps meet, something stands before one of them.
            shade = A.RandomShadow(shadow_roi=(0, 0, 1, 1), shadow_intensity_range=(0.25, 0.5), p=0.4)
            return [LampColour((0.15, 0.32), mixed=True), shade]


def _ramp(shape: tuple[int, int], direction: float) -> NDArray[np.float32]:
    """Return a plane from -1 to 1 across the photo, shape (h, w)."""
    height, width = shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    plane = x * np.cos(direction) + y * np.sin(direction)
    return (plane / np.abs(plane).max()).astype(np.float32)
