"""Painting a room seen from a point: camera, lamps, and flat things put into the picture one before the other."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from retail.boxes import DetectionKind
from training.synthetic.artwork import Image
from training.synthetic.things import Thing

Points = NDArray[np.float64]  # (n, 3) cm: x right, y down, z away from the viewer
Floats = NDArray[np.float32]
Tint = tuple[float, float, float]
_NEAREST = 4.0  # cm: what is nearer to the camera, or behind it, is squeezed onto this plane
_CELLS = 14  # a side of the grid on which a surface's light is computed


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """A pinhole camera; the rows of ``turn`` point right, down and forward."""

    eye: NDArray[np.float64]
    turn: NDArray[np.float64]
    focal: float
    size: tuple[int, int]

    @classmethod
    def towards(cls, eye: Points, target: Points, roll: float, focal: float, size: tuple[int, int]) -> "Camera":
        """Look from one point at another; ``roll`` in degrees, ``focal`` in pixels."""
        forward = (target - eye) / np.linalg.norm(target - eye)
        right = np.cross(np.array([0.0, 1.0, 0.0]), forward)
        right /= np.linalg.norm(right)
        down = np.cross(forward, right)
        c, s = np.cos(np.radians(roll)), np.sin(np.radians(roll))
        return cls(eye, np.stack([c * right + s * down, c * down - s * right, forward]), focal, size)

    def project(self, points: Points) -> NDArray[np.float64]:
        """Map points (n, 3) in cm to pixels (n, 2)."""
        seen = (points - self.eye) @ self.turn.T
        flat: NDArray[np.float64] = self.focal * seen[:, :2] / np.maximum(seen[:, 2:], _NEAREST)
        return flat + np.array(self.size) / 2


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """Lamps whose light falls off with distance and is weakened by every board it passes.

    Attributes:
        lamps: (k, 3) cm.
        power: (k,) gain right at the lamp.
        reach: the distance in cm at which half of it is left.
        ambient: gain that is everywhere.
        boards: (m,) heights of boards in cm.
        through: share that passes a board.
        tint: gains of red, green, blue.
    """

    lamps: Points
    power: NDArray[np.float64]
    reach: float
    ambient: float
    boards: NDArray[np.float64]
    through: float
    tint: Tint

    def at(self, points: Points) -> Floats:
        """Return gains (n, 3) at points (n, 3)."""
        total = np.full(len(points), self.ambient)
        for lamp, power in zip(self.lamps, self.power, strict=True):
            far = np.linalg.norm(points - lamp, axis=1) / self.reach
            low, high = np.minimum(points[:, 1], lamp[1]), np.maximum(points[:, 1], lamp[1])
            passed = ((self.boards > low[:, None] + 0.5) & (self.boards < high[:, None] - 0.5)).sum(axis=1)
            total += power * self.through**passed / (1 + far**2)
        return np.asarray(np.clip(total, 0.04, 1.35)[:, None] * np.array(self.tint), np.float32)


@dataclass(slots=True)
class Easel:
    """The picture under work; what is painted later stands nearer.

    Attributes:
        colours: (h, w, 3) RGB.
        ids: (h, w) which thing is visible: its place in ``things`` plus one, 0 for none of them.
    """

    camera: Camera
    light: Light
    colours: Image
    ids: NDArray[np.uint16]
    things: list[Thing] = field(default_factory=list)

    @classmethod
    def empty(cls, camera: Camera, light: Light) -> "Easel":
        """Start black."""
        width, height = camera.size
        return cls(camera, light, np.zeros((height, width, 3), np.uint8), np.zeros((height, width), np.uint16))

    def note(self, kind: DetectionKind, whole: float) -> int:
        """Enter a thing of so many pixels, hidden ones included, and return its id."""
        self.things.append(Thing(kind, "", whole))
        return len(self.things)

    def area(self, corners: Points) -> float:
        """Return the area in square pixels of a polygon (n, 3), in a boundless picture."""
        x, y = self.camera.project(corners).T
        return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)

    def fill(
        self, corners: Points, colour: Tint, opacity: float = 1.0, ident: int | None = 0, lit: bool = True
    ) -> None:
        """Fill a convex polygon (n, 3) in one shade; ``ident`` None leaves visible what is behind."""
        gains = self.light.at(corners).mean(axis=0) if lit else np.ones(3)
        self.outline(self.camera.project(corners), np.clip(np.array(colour) * gains, 0, 255), opacity, ident)

    def outline(
        self, pixels: NDArray[np.float64], colour: NDArray[np.float64], opacity: float = 1.0, ident: int | None = 0
    ) -> None:
        """Fill a convex polygon given in pixels (n, 2)."""
        place, low = self._place(pixels)
        if place is None:
            return
        mask = np.zeros(self.ids[place].shape, np.uint8)
        cv2.fillConvexPoly(mask, np.round((pixels - low - 0.5) * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
        tile = np.empty((*mask.shape, 3), np.uint8)
        tile[:] = colour.astype(np.uint8)
        self._mix(place, tile, mask, opacity, ident)

    def panel(
        self,
        corners: Points,
        colour: Tint,
        texture: Image | None = None,
        opacity: float = 1.0,
        corner_dark: float = 0.25,
    ) -> None:
        """Paint a parallelogram (top left, top right, bottom left; (3, 3)) as the lamps light it.

        Args:
            texture: (h, w, 3) that replaces the colour.
            corner_dark: how much darker its edges are, where less light arrives.
        """
        steps = np.linspace(0, 1, _CELLS)
        u, v = np.meshgrid(steps, steps)
        grid = corners[0] + u[..., None] * (corners[1] - corners[0]) + v[..., None] * (corners[2] - corners[0])
        gains = self.light.at(grid.reshape(-1, 3)).reshape(_CELLS, _CELLS, 3)
        to_edge = np.minimum(np.minimum(u, 1 - u), np.minimum(v, 1 - v))
        gains *= (1 - corner_dark * np.exp(-to_edge / 0.07))[..., None].astype(np.float32)
        height, width = (96, 96) if texture is None else texture.shape[:2]
        shade = cv2.resize(gains, (width, height), interpolation=cv2.INTER_LINEAR)
        flat = np.array(colour, np.float32) if texture is None else texture.astype(np.float32)
        self._warp(np.clip(flat * shade, 0, 255).astype(np.uint8), corners, opacity)

    def _warp(self, picture: Image, corners: Points, opacity: float) -> None:
        four = np.vstack([corners[:2], corners[1] + corners[2] - corners[0], corners[2]])
        pixels = self.camera.project(four)
        place, low = self._place(pixels)
        if place is None:
            return
        mask: Image = np.zeros(self.ids[place].shape, np.uint8)
        cv2.fillConvexPoly(mask, np.round((pixels - low - 0.5) * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
        warp = _homography(picture, pixels - low)
        size = (mask.shape[1], mask.shape[0])
        tile = cv2.warpPerspective(picture, warp, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        self._mix(place, np.asarray(tile, np.uint8), mask, opacity, None if opacity < 1 else 0)

    def paste(
        self, picture: Image, corners: Points, gain: NDArray[np.float64], opacity: float = 1.0, ident: int | None = None
    ) -> int:
        """Put a cut-out onto a quadrilateral, clockwise from top left, (4, 3), lit at its corners.

        Args:
            picture: RGBA with colours multiplied by alpha.
            gain: (3,) what its light is multiplied by.
            ident: None leaves visible what is behind.

        Returns:
            The pixels it would cover, were nothing of it hidden or cut off.
        """
        pixels = self.camera.project(corners)
        low, high = np.floor(pixels.min(axis=0)).astype(int) - 1, np.ceil(pixels.max(axis=0)).astype(int) + 1
        size = np.minimum(high - low, 2000)
        shrink = max(size) / max(picture.shape[:2])
        if shrink < 0.6:  # warping alone would skip rows
            smaller = max(1, round(picture.shape[1] * shrink)), max(1, round(picture.shape[0] * shrink))
            picture = np.asarray(cv2.resize(picture, smaller, interpolation=cv2.INTER_AREA), np.uint8)
        patch = cv2.warpPerspective(picture, _homography(picture, pixels - low), (int(size[0]), int(size[1])))
        gains = (gain * self.light.at(corners)[[0, 1, 3, 2]]).reshape(2, 2, 3).astype(np.float32)
        lit = patch[..., :3] * cv2.resize(gains, (int(size[0]), int(size[1])), interpolation=cv2.INTER_LINEAR)
        place, cut = self._clipped(low, low + size)
        if place is not None:
            cover = patch[cut][..., 3:] * np.float32(opacity / 255)
            under = self.colours[place]
            under[:] = np.clip(under * (1 - cover) + lit[cut] * np.float32(opacity), 0, 255)
            if ident is not None:
                self.ids[place][patch[cut][..., 3] > 127] = ident
        return int(np.count_nonzero(patch[..., 3] > 127))

    def darken(self, strength: Floats) -> None:
        """Multiply the picture by 1 - strength, (h, w) at any smaller size."""
        width, height = self.camera.size
        keep = cv2.resize(255 - np.clip(strength * 255, 0, 255), (width, height), interpolation=cv2.INTER_LINEAR)
        gain = cv2.cvtColor(keep.astype(np.uint8), cv2.COLOR_GRAY2RGB)
        cv2.multiply(self.colours, gain, self.colours, scale=1 / 255)

    def stroke(self, points: Points, colour: Tint, thick: float, opacity: float = 1.0, ident: int | None = 0) -> None:
        """Draw a line between two points (2, 3), ``thick`` cm wide."""
        start, end = self.camera.project(points)
        far = float(((points - self.camera.eye) @ self.camera.turn[2]).mean())
        half = max(0.5, thick * self.camera.focal / max(far, _NEAREST) / 2)
        along = (end - start) / max(1e-6, float(np.linalg.norm(end - start)))
        across = np.array([-along[1], along[0]]) * half
        gains = self.light.at(points).mean(axis=0)
        colour_lit = np.clip(np.array(colour) * gains, 0, 255)
        self.outline(np.array([start - across, end - across, end + across, start + across]), colour_lit, opacity, ident)

    def _place(self, pixels: NDArray[np.float64]) -> tuple[tuple[slice, slice] | None, NDArray[np.int_]]:
        low, high = np.floor(pixels.min(axis=0)).astype(int), np.ceil(pixels.max(axis=0)).astype(int)
        place, _ = self._clipped(low, high)
        return place, np.maximum(low, 0)

    def _clipped(
        self, low: NDArray[np.int_], high: NDArray[np.int_]
    ) -> tuple[tuple[slice, slice] | None, tuple[slice, slice]]:
        """Return where a rectangle lies in the picture (None: outside) and which part of it does."""
        inner_low, inner_high = np.maximum(low, 0), np.minimum(high, self.camera.size)
        a, b = inner_low - low, inner_high - low
        cut = (slice(int(a[1]), int(b[1])), slice(int(a[0]), int(b[0])))
        if (inner_high <= inner_low).any():
            return None, cut
        return (slice(inner_low[1], inner_high[1]), slice(inner_low[0], inner_high[0])), cut

    def _mix(self, place: tuple[slice, slice], tile: Image, mask: Image, opacity: float, ident: int | None) -> None:
        cover = cv2.cvtColor(cv2.convertScaleAbs(mask, alpha=opacity), cv2.COLOR_GRAY2RGB)
        under = self.colours[place]
        kept = cv2.multiply(np.ascontiguousarray(under), cv2.bitwise_not(cover), scale=1 / 255)
        under[:] = cv2.add(kept, cv2.multiply(tile, cover, scale=1 / 255))
        if ident is not None:
            self.ids[place][mask > 127] = ident


def _homography(picture: Image, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map a picture's edges, not the middles of its outermost pixels, to four points."""
    height, width = picture.shape[:2]
    source = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32) - 0.5
    return np.asarray(cv2.getPerspectiveTransform(source, (pixels - 0.5).astype(np.float32)), np.float64)
