"""What a place in a photo does to a picture: its lamp, the shadow of the shelf above, blur and noise.

All of it is learned from the facings of the photo whose product has a reference picture too: what lies between the
picture and the facing is the place. Where there is none, white stands for it: the brightest of what stands there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from labeling.annotations import AnnotatedBox
from training.semi_synthetic.cutouts import Image

Floats = NDArray[np.float32]
BANDS = 6  # from the top of a facing to its foot
_INNER = 0.15  # of each side that is left out: a silhouette's corners show what is behind
_WHITE = 235.0
_BRIGHTEST = 97  # percentile
_STRONGEST = 1.4  # of a log gain
_DARKEST = 8.0
_LEAST_WEIGHT = 0.05
_NEAR = 0.2  # of a photo's longer side: known facings this far away count half
_SIGMAS = (0.0, 0.4, 0.6, 0.8, 1.0, 1.3, 1.7, 2.2, 3.0)
_USUAL_SIGMA = 0.6
_MOST_COMPARED = 12  # facings by which sharpness is judged
_MOST_NOISE = 12.0
_SHARPNESS = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], np.float32)
_NOISE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class PhotoLight:
    """The light of one photo.

    Attributes:
        centres: (n, 2) of the known facings, in pixels.
        log_gains: (n, BANDS, 3): what became of the reference picture's red, green and blue there.
        weights: (n, BANDS, 3): how much each of these says; where a picture is dark, haze and noise are all that shows.
        usual: (3,) log gains where nothing is known.
        sigma: of the blur, in pixels.
        noise: standard deviation, in levels.
        reach: pixels at which a known facing counts half.
    """

    centres: Floats
    log_gains: Floats
    weights: Floats
    usual: Floats
    sigma: float
    noise: float
    reach: float

    def gains_at(self, box: AnnotatedBox) -> Floats:
        """Return gains (BANDS, 3) of a place: those of the known facings, near ones above all."""
        if not len(self.centres):
            return np.tile(np.exp(self.usual), (BANDS, 1))
        here = np.array([(box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2], np.float32)
        nearness = 1 / (1 + ((self.centres - here) ** 2).sum(1) / self.reach**2)
        weights = nearness[:, None, None] * self.weights
        return np.exp((weights * self.log_gains).sum(0) / weights.sum(0)).astype(np.float32)


def light_of(photo: Image, known: Sequence[tuple[AnnotatedBox, Image]]) -> PhotoLight:
    """Learn a photo's light.

    Args:
        photo: RGB (h, w, 3).
        known: facings with a cut-out RGBA picture of their product.
    """
    noise = noise_of(photo)
    crops = [photo[_window(box)] for box, _ in known]
    meant = np.array([_bands(picture[..., :3]) for _, picture in known], np.float32).reshape(-1, BANDS, 3)
    seen = np.array([_bands(crop) for crop in crops], np.float32).reshape(-1, BANDS, 3)
    gains = np.clip(np.log(np.maximum(seen, _DARKEST) / np.maximum(meant, _DARKEST)), -_STRONGEST, _STRONGEST)
    weights = np.maximum(meant / 255, _LEAST_WEIGHT) ** 2
    return PhotoLight(
        centres=np.array([((b.x1 + b.x2) / 2, (b.y1 + b.y2) / 2) for b, _ in known], np.float32).reshape(-1, 2),
        log_gains=_drawn_together(gains, weights),
        weights=weights,
        usual=_white_patch(photo),
        sigma=_sigma(crops[:_MOST_COMPARED], [picture for _, picture in known], gains, noise),
        noise=noise,
        reach=_NEAR * max(photo.shape[:2]),
    )


def noise_of(photo: Image) -> float:
    """Estimate a photo's noise in levels: Immerkær's mask (CVIU 1996), and the median, which texture hardly moves."""
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32)
    off = np.abs(cv2.filter2D(grey, -1, _NOISE))
    return float(min(np.median(off) / 0.6745 / 6, _MOST_NOISE))


def relit(picture: Image, gains: Floats) -> Image:
    """Return an RGBA picture (h, w, 4) under the gains (BANDS, 3) of a place, which change smoothly downwards."""
    rows = cv2.resize(gains[:, None, :], (1, len(picture)), interpolation=cv2.INTER_LINEAR).reshape(-1, 1, 3)
    colours = np.clip(picture[..., :3] * rows, 0, 255).astype(np.uint8)
    return np.dstack([colours, picture[..., 3]])


def _bands(image: Image) -> Floats:
    """Return mean colours (BANDS, 3) from top to bottom of what is well inside the silhouette."""
    inset = int(image.shape[1] * _INNER)
    inner = image[:, inset : image.shape[1] - inset or None].astype(np.float32)
    return np.asarray(cv2.resize(inner, (1, BANDS), interpolation=cv2.INTER_AREA), np.float32).reshape(BANDS, 3)


def _drawn_together(log_gains: Floats, weights: Floats) -> Floats:
    """Draw single facings half way to the photo's mean: a promotion sticker is no lamp."""
    if not len(log_gains):
        return log_gains
    return np.asarray((log_gains + (weights * log_gains).sum(0) / weights.sum(0)) / 2, np.float32)


def _white_patch(photo: Image) -> Floats:
    brightest = np.percentile(photo[::4, ::4].reshape(-1, 3), _BRIGHTEST, axis=0)
    return np.log(np.maximum(brightest, _DARKEST) / _WHITE).astype(np.float32)


def _sigma(crops: Sequence[Image], pictures: Sequence[Image], gains: Floats, noise: float) -> float:
    """Return the blur that makes reference pictures as soft as the facings: the median over facings."""
    found = []
    for crop, picture, change in zip(crops, pictures, gains, strict=False):
        scaled = cv2.resize(picture, crop.shape[1::-1], interpolation=cv2.INTER_AREA)
        sharp = relit(np.asarray(scaled, np.uint8), np.exp(change))[..., :3]
        wanted = max(_edges(crop) - 20 * noise**2, 1.0)  # the mask sums noise up: 4² + 4 · 1²
        blurred = [sharp if not sigma else cv2.GaussianBlur(sharp, (0, 0), sigma) for sigma in _SIGMAS]
        found.append(_SIGMAS[int(np.argmin([abs(np.log(max(_edges(b), 1.0) / wanted)) for b in blurred]))])
    return float(np.median(found)) if found else _USUAL_SIGMA


def _edges(image: Image | NDArray[np.generic]) -> float:
    grey = cv2.cvtColor(np.asarray(image, np.uint8), cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(cv2.filter2D(grey, -1, _SHARPNESS)[1:-1, 1:-1].var()) if min(grey.shape) > 2 else 0.0


def _window(box: AnnotatedBox) -> tuple[slice, slice]:
    left, top = max(0, round(box.x1)), max(0, round(box.y1))
    return slice(top, max(top + 1, round(box.y2))), slice(left, max(left + 1, round(box.x2)))
