"""What gets between camera and shelf: shoppers, arms, trolleys, boxes, reflections on glass doors."""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training.synthetic.artwork import Image
from training.synthetic.names import Colour, jitter_colour

Ids = NDArray[np.uint16]
_SKIN: tuple[Colour, ...] = ((224, 172, 140), (198, 134, 100), (141, 85, 60), (255, 205, 175), (90, 56, 40))
_CLOTH: tuple[Colour, ...] = (
    (40, 45, 60), (120, 30, 40), (60, 90, 60), (190, 190, 190), (25, 25, 28), (90, 110, 150), (200, 170, 120)
)  # fmt: skip

_MOST_THINGS = 40
_GIVE_OR_TAKE = 0.03  # of the share that is to be covered


def stand_in_the_way(image: Image, ids: Ids, rng: Generator) -> None:
    """Let something cover a part of some pictures, in place; what it covers shows nothing (id 0) any more."""
    chance = rng.random()
    if chance < 0.05:
        _shopper(image, ids, rng)
    elif chance < 0.1:
        _arm(image, ids, rng)
    elif chance < 0.15:
        _trolley(image, ids, rng)
    elif chance < 0.2:
        _carton(image, ids, rng)


def crowd(image: Image, ids: Ids, wanted: NDArray[np.bool_], share: float, rng: Generator) -> None:
    """Put shoppers, arms and cartons in the way until they cover a share of the wanted pixels (h, w), give or take.

    Like `stand_in_the_way`, in place.
    """
    whole = max(1, int(wanted.sum()))
    for _ in range(_MOST_THINGS):
        covered = 1 - np.count_nonzero(ids[wanted]) / whole
        if covered >= share - _GIVE_OR_TAKE:
            return
        thing = (_shopper, _arm, _carton)[int(rng.integers(3))]
        with_it, ids_with_it = image.copy(), ids.copy()
        thing(with_it, ids_with_it, rng)
        if 1 - np.count_nonzero(ids_with_it[wanted]) / whole <= share + _GIVE_OR_TAKE:
            image[:], ids[:] = with_it, ids_with_it


def reflect(image: Image, rng: Generator) -> Image:
    """Return the picture behind a glass door: a veil and the soft reflection of lamps."""
    height, width = image.shape[:2]
    veil = np.full((height // 16 + 1, width // 16 + 1), float(rng.uniform(4, 18)), np.float32)
    for _ in range(int(rng.integers(1, 4))):
        x = int(rng.uniform(0, veil.shape[1]))
        end = (x + int(rng.normal(0, 10)), veil.shape[0])
        cv2.line(veil, (x, 0), end, float(rng.uniform(25, 80)), int(rng.integers(1, 6)))
    soft = cv2.resize(cv2.GaussianBlur(veil, (0, 0), 1.5), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.minimum(image + soft[..., None], 255).astype(np.uint8)


def _cover(image: Image, ids: Ids, outline: NDArray[np.float64], colour: Colour, rng: Generator) -> None:
    """Paint a polygon (n, 2) with a little shading across it."""
    height, width = ids.shape
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [outline.astype(np.int32)], 255)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return
    part = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    ramp = np.linspace(rng.uniform(0.6, 1.1), rng.uniform(0.5, 1.0), int(columns[-1] - columns[0] + 1))
    folds = 1 + 0.12 * np.sin(np.linspace(0, float(rng.uniform(3, 25)), len(ramp)) + float(rng.uniform(0, 6)))
    shaded = np.clip(np.array(colour, np.float64) * (ramp * folds)[None, :, None], 0, 255).astype(np.uint8)
    tile = np.ascontiguousarray(np.broadcast_to(shaded, (*mask[part].shape, 3)))
    cv2.copyTo(tile, np.ascontiguousarray(mask[part]), image[part])
    ids[part][mask[part] > 0] = 0


def _blob(centre: tuple[float, float], radii: tuple[float, float]) -> NDArray[np.float64]:
    turn = np.linspace(0, 2 * np.pi, 40)
    return np.column_stack([centre[0] + radii[0] * np.cos(turn), centre[1] + radii[1] * np.sin(turn)])


def _shopper(image: Image, ids: Ids, rng: Generator) -> None:
    """Somebody seen from behind at the edge of the picture."""
    height, width = ids.shape
    size = min(height, width) * float(rng.uniform(0.1, 0.2))
    x = float(rng.choice([rng.uniform(-0.02, 0.16), rng.uniform(0.84, 1.02)])) * width
    top = height * float(rng.uniform(0.15, 0.6))
    hair = jitter_colour(rng, ((30, 22, 18), (90, 60, 35), (180, 150, 100), (120, 118, 115))[int(rng.integers(4))], 12)
    cloth = jitter_colour(rng, _CLOTH[int(rng.integers(len(_CLOTH)))], 20)
    body = [(-1.3, 9), (-1.45, 2.4), (-1.1, 1.3), (-0.4, 0.8), (0.4, 0.8), (1.1, 1.3), (1.45, 2.4), (1.3, 9)]
    _cover(image, ids, np.array(body) * size + (x, top + size * 0.6), cloth, rng)
    _cover(image, ids, _blob((x, top + size * 0.75), (size * 0.62, size * 0.8)), hair, rng)


def _arm(image: Image, ids: Ids, rng: Generator) -> None:
    """A sleeve and a hand that reach in from a side."""
    height, width = ids.shape
    from_left = rng.random() < 0.5
    start = np.array([0.0 if from_left else width, height * float(rng.uniform(0.5, 1.0))])
    hand = np.array([width * float(rng.uniform(0.2, 0.45)), height * float(rng.uniform(0.2, 0.8))])
    if not from_left:
        hand[0] = width - hand[0]
    thick = min(height, width) * float(rng.uniform(0.035, 0.07))
    along = (hand - start) / np.linalg.norm(hand - start)
    across = np.array([-along[1], along[0]]) * thick
    wrist = start + (hand - start) * 0.8
    sleeve = np.array([start - across * 1.3, start + across * 1.3, wrist + across, wrist - across])
    skin = jitter_colour(rng, _SKIN[int(rng.integers(len(_SKIN)))], 12)
    _cover(image, ids, np.array([wrist - across * 0.7, wrist + across * 0.7, hand + across, hand - across]), skin, rng)
    _cover(image, ids, _blob((float(hand[0]), float(hand[1])), (thick * 1.25, thick * 1.1)), skin, rng)
    _cover(image, ids, sleeve, jitter_colour(rng, _CLOTH[int(rng.integers(len(_CLOTH)))], 20), rng)


def _trolley(image: Image, ids: Ids, rng: Generator) -> None:
    """The wire edge of a trolley at the bottom of the picture."""
    height, width = ids.shape
    top = height * float(rng.uniform(0.72, 0.9))
    left, right = sorted(float(v) for v in rng.uniform(-0.1, 1.1, 2) * width)
    right = max(right, left + width * 0.25)
    wire = max(2, round(width * 0.004))
    steel: Colour = (150, 152, 156)
    mask = np.zeros((height, width), np.uint8)
    for x in np.arange(left, right, width * 0.03):
        cv2.line(mask, (int(x), int(top)), (int(x + width * 0.01), height), 255, wire)
    for y in np.arange(top, height, height * 0.06):
        cv2.line(mask, (int(left), int(y)), (int(right), int(y)), 255, wire)
    cv2.line(mask, (int(left), int(top)), (int(right), int(top)), 255, 4 * wire)
    image[mask > 0] = steel
    ids[mask > 0] = 0


def _carton(image: Image, ids: Ids, rng: Generator) -> None:
    """A cardboard box on the floor, or held up."""
    height, width = ids.shape
    x, y = width * float(rng.uniform(0, 0.8)), height * float(rng.uniform(0.68, 0.88))
    w = width * float(rng.uniform(0.15, 0.35))
    brown = jitter_colour(rng, (176, 136, 92), 18)
    outline = np.array([(x, y), (x + w, y + w * float(rng.uniform(-0.06, 0.06))), (x + w, height), (x, height)])
    _cover(image, ids, outline, brown, rng)
    _cover(image, ids, np.array([(x, y), (x + w * 0.4, y), (x + w * 0.3, y - w * 0.12)]), brown, rng)
