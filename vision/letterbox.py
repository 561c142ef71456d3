"""Fits a photo into the detector's input without changing its proportions, and maps boxes back."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from retail.boxes import Boxes
from vision.detections import Floats

Image = NDArray[np.uint8]
_GREY = 114  # the border Ultralytics trains with


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How a photo lies in the input: scaled to `inner`, centred in `outer`, all (width, height) in pixels.

    `outer` has multiples of the stride for sides, the smallest that hold `inner`.
    """

    photo: tuple[int, int]
    inner: tuple[int, int]
    outer: tuple[int, int]

    @classmethod
    def fit(cls, photo: tuple[int, int], long_side: int, stride: int = 32) -> "Letterbox":
        """Scale a photo (width, height) so that its longer side is `long_side`.

        Raises:
            ValueError: if a side of the photo is below one pixel.
        """
        if min(photo) < 1:
            raise ValueError(f"a photo of {photo[0]}x{photo[1]} pixels has nothing to look at")
        scale = long_side / max(photo)
        width, height = (max(1, round(side * scale)) for side in photo)
        return cls(photo, (width, height), (-(-width // stride) * stride, -(-height // stride) * stride))

    @property
    def scale(self) -> tuple[float, float]:
        """Input pixels per photo pixel along x and y; they differ by rounding only."""
        return self.inner[0] / self.photo[0], self.inner[1] / self.photo[1]

    @property
    def pad(self) -> tuple[int, int]:
        """Border in input pixels left of and above the photo."""
        return (self.outer[0] - self.inner[0]) // 2, (self.outer[1] - self.inner[1]) // 2

    def apply(self, image: Image) -> Image:
        """Return the input (1, h, w, 3), RGB uint8, of an image (h, w, 3) of the photo's proportions."""
        # Linear interpolation looks at two pixels per axis, so beyond a factor of two it would skip some.
        skips = self.inner[0] * 2 < image.shape[1]
        framed = np.full((1, self.outer[1], self.outer[0], 3), _GREY, np.uint8)
        (left, top), (width, height) = self.pad, self.inner
        place = framed[0, top : top + height, left : left + width]
        cv2.resize(image, self.inner, dst=place, interpolation=cv2.INTER_AREA if skips else cv2.INTER_LINEAR)
        return framed

    def to_input(self, boxes: Boxes) -> Boxes:
        """Map boxes from photo pixels to input pixels."""
        mapped: Boxes = (boxes * np.tile(self.scale, 2) + np.tile(self.pad, 2)).astype(np.float32)
        return mapped

    def to_photo(self, boxes: Boxes) -> Boxes:
        """Map boxes from input pixels to photo pixels, clipped to the photo."""
        mapped = (boxes - np.tile(self.pad, 2)) / np.tile(self.scale, 2)
        clipped: Boxes = np.clip(mapped, 0, np.tile(self.photo, 2)).astype(np.float32)
        return clipped

    def lengths_to_photo(self, lengths: Floats) -> Floats:
        """Map lengths (n, 4) along x, y, x, y from input to photo pixels."""
        mapped: Floats = (lengths / np.tile(self.scale, 2)).astype(np.float32)
        return mapped
