"""What moves in a clip, and where another scene begins: each frame against the still background of its scene."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from retail.boxes import Boxes
from vision.letterbox import Image

WIDTH = 160  # pixels of the small grey frames that are compared
_BINS = 32
_SCENE = 0.4  # share of pixels that changed their brightness class from one frame to the next
_BACKGROUND_FRAMES = 60  # that the median is taken of
_DIFFERENCE = 18  # grey levels that noise and compression do not reach
_LEAST_SHARE = 0.003  # of the frame's area: an arm at a shelf across the aisle


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """What moves.

    Attributes:
        shares: (n,) of each frame's pixels that differ from the background.
        boxes: of each frame (m, 4) around what moves, in pixels of the frame.
        cuts: numbers of frames at which another scene begins; never 0.
    """

    shares: NDArray[np.float32]
    boxes: list[Boxes]
    cuts: tuple[int, ...]


def small_grey(image: Image) -> NDArray[np.uint8]:
    """Return a frame (h, w, 3) as it is compared: grey, 160 pixels wide, (h', 160)."""
    height = max(1, round(image.shape[0] * WIDTH / image.shape[1]))
    small = cv2.resize(image, (WIDTH, height), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), (0, 0), 1), np.uint8)


def find_motion(greys: Sequence[NDArray[np.uint8]], size: tuple[int, int]) -> Motion:
    """Compare frames with the median of their scene.

    Who stands still for more than half of a scene becomes background, and what he left there seems to move instead.

    Args:
        greys: what `small_grey` returned for each frame, at least one.
        size: width and height of the frames in pixels.
    """
    cuts = scene_cuts(greys)
    shares, boxes = [], []
    scale = np.array([size[0] / WIDTH, size[1] / greys[0].shape[0]] * 2, np.float32)
    for begin, end in zip((0, *cuts), (*cuts, len(greys)), strict=True):
        scene = greys[begin:end]
        step = -(-len(scene) // _BACKGROUND_FRAMES)
        background = np.median(np.stack(scene[::step]), axis=0).astype(np.float32)
        for grey in scene:
            mask = _moving(grey, background)
            shares.append(float(mask.mean()))
            boxes.append(_boxes(mask) * scale)
    return Motion(np.array(shares, np.float32), boxes, cuts)


def scene_cuts(greys: Sequence[NDArray[np.uint8]]) -> tuple[int, ...]:
    """Return the numbers of frames whose histogram of brightness differs much from that of the frame before."""
    histograms = [np.bincount(grey.ravel() // (256 // _BINS), minlength=_BINS) / grey.size for grey in greys]
    pairs = itertools.pairwise(histograms)
    return tuple(number for number, (a, b) in enumerate(pairs, 1) if np.abs(a - b).sum() / 2 > _SCENE)


def _moving(grey: NDArray[np.uint8], background: NDArray[np.float32]) -> NDArray[np.uint8]:
    difference = grey - background
    # A lamp, or the camera's exposure, changes all pixels alike.
    mask = (np.abs(difference - np.median(difference)) > _DIFFERENCE).astype(np.uint8)
    mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)), np.uint8)
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8)), np.uint8)


def _boxes(mask: NDArray[np.uint8]) -> Boxes:
    _, _, found, _ = cv2.connectedComponentsWithStats(mask)
    large = np.asarray(found[1:], np.float32)
    large = large[large[:, cv2.CC_STAT_AREA] >= _LEAST_SHARE * mask.size]
    boxes: Boxes = np.concatenate((large[:, :2], large[:, :2] + large[:, 2:4]), 1).astype(np.float32)
    return boxes
