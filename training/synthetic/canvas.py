"""The painting plane: colours and, beside them, which thing each pixel shows."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.synthetic.camera import View, apply
from training.synthetic.lettering import Image

Quad = NDArray[np.float64]  # (4, 2) or (4, 3)
Tint = tuple[float, float, float]
_MOST_PIXELS = 2_000_000
_SHIFT = 4  # polygons are drawn to 1/16 pixel


@dataclass(slots=True)
class Canvas:
    """Paints things on the plane z = 0 in the order they are given, far ones first.

    Attributes:
        colours: (h, w, 3) RGB.
        ids: (h, w) which thing is visible; 0 is none.
        origin: the top left corner in cm.
        scale: pixels per cm.
        ground: the colour beyond the painted area.
    """

    view: View
    colours: Image
    ids: NDArray[np.uint16]
    origin: NDArray[np.float64]
    scale: float
    ground: Tint

    @classmethod
    def for_view(cls, view: View, bounds: tuple[float, float, float, float], ground: Tint) -> "Canvas":
        """Cover what a view sees of the plane, within bounds (left, top, right, bottom in cm)."""
        corners = view.seen_plane()
        low = np.maximum(corners.min(axis=0) - 1, bounds[:2])
        high = np.maximum(np.minimum(corners.max(axis=0) + 1, bounds[2:]), low + 10)
        scale = min(view.pixels_per_cm, float(np.sqrt(_MOST_PIXELS / np.prod(high - low))))
        width, height = (int(side) for side in np.ceil((high - low) * scale))
        colours = np.empty((height, width, 3), np.uint8)
        cv2.rectangle(colours, (0, 0), (width, height), ground, -1)
        return cls(view, colours, np.zeros((height, width), np.uint16), low, scale, ground)

    def pixels(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Project points (n, 3) in cm to pixels of the canvas, (n, 2)."""
        flat: NDArray[np.float64] = (self.view.to_plane(points) - self.origin) * self.scale
        return flat

    def fill(self, corners: NDArray[np.float64], colour: Tint, ident: int = 0, mark: bool = True) -> None:
        """Fill a convex polygon given in cm, (n, 3); ``mark`` also takes the pixels for ``ident``."""
        outline = self._outline(corners)
        cv2.fillConvexPoly(self.colours, outline, colour, cv2.LINE_AA, _SHIFT)
        if mark:
            cv2.fillConvexPoly(self.ids, outline, ident, cv2.LINE_8, _SHIFT)

    def claim(self, corners: NDArray[np.float64], ident: int) -> None:
        """Mark a convex polygon without painting it."""
        cv2.fillConvexPoly(self.ids, self._outline(corners), ident, cv2.LINE_8, _SHIFT)

    def _outline(self, corners: NDArray[np.float64]) -> NDArray[np.int32]:
        # OpenCV counts from the middle of the first pixel.
        return np.round((self.pixels(corners) - 0.5) * 2**_SHIFT).astype(np.int32)

    def paste(self, picture: Image, corners: NDArray[np.float64], gain: float, ident: int) -> None:
        """Paste a picture onto a parallelogram: its top left, top right and bottom left corner, (3, 3) in cm.

        The picture is RGBA with its colours multiplied by its alpha.
        """
        target = self.pixels(corners).astype(np.float32)
        fourth = target[1] + target[2] - target[0]
        low = np.floor(np.minimum(target.min(axis=0), fourth)).astype(int) - 1
        high = np.ceil(np.maximum(target.max(axis=0), fourth)).astype(int) + 1
        low, high = np.maximum(low, 0), np.minimum(high, self.ids.shape[::-1])
        if (high <= low).any():
            return
        height, width = picture.shape[:2]
        # The picture's edge, not the middle of its outermost pixel, meets the parallelogram's edge.
        source = np.array([(-0.5, -0.5), (width - 0.5, -0.5), (-0.5, height - 0.5)], np.float32)
        affine = cv2.getAffineTransform(source, (target - low - 0.5).astype(np.float32))
        patch = cv2.warpAffine(picture, affine, (int(high[0] - low[0]), int(high[1] - low[1])))
        self._blend(np.asarray(patch, np.uint8), (slice(low[1], high[1]), slice(low[0], high[0])), gain, ident)

    def _blend(self, patch: Image, place: tuple[slice, slice], gain: float, ident: int) -> None:
        cover = cv2.extractChannel(patch, 3)
        lit = cv2.convertScaleAbs(cv2.cvtColor(patch, cv2.COLOR_RGBA2RGB), alpha=gain)
        through = cv2.cvtColor(cv2.bitwise_not(cover), cv2.COLOR_GRAY2RGB)
        under = self.colours[place]
        under[:] = cv2.add(cv2.multiply(under, through, scale=1 / 255), lit)
        self.ids[place][cover > 127] = ident

    def shade(self, rows: tuple[float, float], columns: tuple[float, float], gains: NDArray[np.float32]) -> None:
        """Multiply a rectangle (pixels of the canvas) by a vertical ramp of gains (k,)."""
        top, bottom = (int(np.clip(v, 0, len(self.ids))) for v in rows)
        left, right = (int(np.clip(v, 0, self.ids.shape[1])) for v in columns)
        if bottom - top < 2 or right - left < 2:
            return
        ramp = np.interp(np.linspace(0, 1, bottom - top), np.linspace(0, 1, len(gains)), gains).astype(np.float32)
        part = self.colours[top:bottom, left:right]
        part[:] = np.minimum(part * ramp[:, None, None], 255)

    def veil(self, corners: NDArray[np.float64], strength: float) -> None:
        """Lay a clear pane over an upright rectangle, (4, 3) in cm: what is behind it gets paler."""
        low, high = np.clip(np.round(self.pixels(corners)[[0, 2]]).astype(int), 0, self.ids.shape[::-1])
        if (high > low).all():
            part = self.colours[low[1] : high[1], low[0] : high[0]]
            part[:] = cv2.addWeighted(part, 1 - strength, np.full_like(part, 235), strength, 0)

    def to_picture(self) -> tuple[Image, NDArray[np.uint16]]:
        """Warp to the camera's picture: colours and ids."""
        place = np.array([[1 / self.scale, 0, self.origin[0]], [0, 1 / self.scale, self.origin[1]], [0, 0, 1]])
        # OpenCV counts from pixel centres, the homography from pixel edges.
        half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
        warp = np.linalg.inv(half) @ self.view.homography @ place @ half
        colours = cv2.warpPerspective(
            self.colours, warp, self.view.size, flags=cv2.INTER_LINEAR, borderValue=self.ground
        )
        ids = cv2.warpPerspective(self.ids, warp, self.view.size, flags=cv2.INTER_NEAREST)
        return np.asarray(colours, np.uint8), np.asarray(ids, np.uint16)

    def area_in_picture(self, corners: NDArray[np.float64]) -> float:
        """Return the area in square pixels that a polygon (n, 3) would cover in a boundless picture."""
        points = apply(self.view.homography, self.view.to_plane(corners))
        x, y = points[:, 0], points[:, 1]
        return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)
