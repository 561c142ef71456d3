"""Single things cut out of their ground: pack shots, printed packs, drawn household things."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.starter.household import HOUSEHOLD, ROLLING
from training.synthetic.artwork import Image
from training.synthetic.assortment import make_articles
from training.synthetic.designs import LIDDED, PackDesign, PackShape
from training.synthetic.packs import PackPress, premultiplied
from training.synthetic.seeds import stream

_SEED = 31
_PRINTED = 320
_DRAWN_OF_EACH = 24
_WHITE = 236  # the pack shots' ground and its JPEG noise are brighter
# Longest side in cm. Pack shots that are not named show several pieces, which would be several products.
_LONGEST_CM = {
    **{"Golden-Delicious": 8.5, "Granny-Smith": 8.5, "Pink-Lady": 8.5, "Red-Delicious": 8.5, "Royal-Gala": 8.5},
    **{"Avocado": 11, "Banana": 19, "Lemon": 9, "Mango": 12, "Nectarine": 7.5, "Orange": 8.5, "Peach": 7.5},
    **{"Cantaloupe": 16, "Galia-Melon": 17, "Honeydew-Melon": 19, "Watermelon": 24, "Red-Grapefruit": 11},
    **{"Anjou": 10, "Conference": 11, "Kaiser": 11, "Pineapple": 27, "Pomegranate": 10, "Asparagus": 22},
    **{"Aubergine": 20, "Cabbage": 18, "Cucumber": 30, "Garlic": 6.5, "Ginger": 14, "Leek": 34, "Zucchini": 21},
    **{"Green-Bell-Pepper": 11, "Orange-Bell-Pepper": 10, "Red-Bell-Pepper": 10, "Yellow-Bell-Pepper": 10},
    **{"Sweet-Potato": 17, "Carrots": 19},
}
_CARTON_CM = 21.0


class Form(StrEnum):
    """What kind of body a cut-out shows, as far as it matters for standing it somewhere."""

    BOX = "box"  # flat faces: a side and a top show
    ROUND = "round"  # seen from above, its edges curve
    LID = "lid"  # round with a flat lid that shows from above
    LUMP = "lump"  # lies as it likes
    VIEW = "view"  # already seen at an angle


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """One thing without its ground.

    Attributes:
        picture: RGBA (h, w, 4), colours multiplied by alpha.
        height: of the picture, in cm.
        lies: whether it is also found lying on its side.
        lid: colour of what shows from above.
    """

    picture: Image
    height: float
    form: Form
    lies: bool
    lid: tuple[float, float, float]

    @property
    def width(self) -> float:
        """Of the picture, in cm."""
        return self.height * self.picture.shape[1] / self.picture.shape[0]


def load_cutouts(klasson: Path) -> list[Cutout]:
    """Return all cut-outs, the same ones in the same order every time.

    Args:
        klasson: folder of the Grocery Store Dataset (Klasson et al., WACV 2019, MIT licence); its pack shots are used.
    """
    return [*pack_shots(klasson / "iconic-images-and-descriptions"), *printed_packs(), *household_things()]


def pack_shots(folder: Path) -> list[Cutout]:
    """Cut out the pack shots below a folder; what is not one piece, or fills too little, is left out."""
    shots = []
    for path in sorted(folder.rglob("*_Iconic.jpg")):
        name, carton = path.stem.removesuffix("_Iconic"), "Packages" in path.parts
        longest = _CARTON_CM if carton else _LONGEST_CM.get(name)
        photo = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
        picture = None if photo is None or longest is None else off_white(np.asarray(photo, np.uint8), carton)
        if picture is not None and longest is not None:
            height = longest * picture.shape[0] / max(picture.shape[:2])
            form = Form.VIEW if carton else Form.LUMP
            shots.append(Cutout(picture, height, form, lies=True, lid=_mean(picture)))
    return shots


def off_white(photo: Image, convex: bool) -> Image | None:
    """Cut a pack shot (h, w, 3) off its white ground.

    Args:
        convex: fill every dent; a white carton on white ground has no other edge than its corners.

    Returns:
        RGBA (h, w, 4), colours multiplied by alpha, cropped to the thing; None if it is not one solid piece.
    """
    ground = photo.min(axis=2)
    framed = cv2.copyMakeBorder(ground, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=255)
    flood = np.zeros((framed.shape[0] + 2, framed.shape[1] + 2), np.uint8)
    cv2.floodFill(framed, flood, (0, 0), 0, 255 - _WHITE, 0, 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE)
    solid = cv2.morphologyEx(1 - flood[2:-2, 2:-2], cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid)
    if count < 2:
        return None
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    if stats[largest, cv2.CC_STAT_AREA] < 0.8 * solid.sum() or not 0.05 < solid.mean() < 0.9:
        return None
    mask = (labels == largest).astype(np.uint8)
    if convex:
        hull = cv2.convexHull(cv2.findNonZero(mask))
        if cv2.contourArea(hull) > 1.2 * mask.sum():  # a shadow lies beside it
            return None
        cv2.fillConvexPoly(mask, hull, 1)
    # The outermost pixels are half ground.
    mask = cv2.erode(mask, np.ones((3, 3), np.uint8))
    alpha = cv2.GaussianBlur(mask * 255, (0, 0), 0.7)
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    part = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    return premultiplied(np.dstack([photo[part], alpha[part]]))


def printed_packs() -> list[Cutout]:
    """Print packs of invented brands, each alone."""
    press = PackPress()
    designs = (article.designs[0] for article in make_articles(_SEED, _PRINTED))
    return [_printed(press, design) for design in designs if design.shape is not PackShape.FRUIT]


def _printed(press: PackPress, design: PackDesign) -> Cutout:
    pack = press(design)
    form = Form.BOX if design.shape in (PackShape.BOX, PackShape.TRAY) else Form.ROUND
    if design.shape in LIDDED:
        form = Form.LID
    if design.shape in (PackShape.GABLE, PackShape.BAG):
        form = Form.VIEW
    lid = pack.side if form is Form.BOX else tuple(map(float, design.cap))
    lies = design.shape is not PackShape.TRAY
    return Cutout(pack.levels[0], design.size_cm[1], form, lies, (lid[0], lid[1], lid[2]))


def household_things() -> list[Cutout]:
    """Draw what fridges hold beside printed packs."""
    things = []
    for name, draw in HOUSEHOLD.items():
        for number in range(_DRAWN_OF_EACH):
            picture, height = draw(stream(_SEED, name, number))
            form = Form.LUMP if name in ROLLING else Form.VIEW
            things.append(Cutout(premultiplied(picture), height, form, name in ROLLING, _mean(picture)))
    return things


def _mean(picture: NDArray[np.uint8]) -> tuple[float, float, float]:
    r, g, b = picture[picture[..., 3] > 127][:, :3].mean(axis=0)
    return float(r), float(g), float(b)
