"""Semi-synthetic photos for products that nobody has labelled on a shelf yet."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.random import Generator
from pydantic import BaseModel, ConfigDict, Field

from labeling.annotations import AnnotatedBox
from retail.boxes import DetectionKind
from retail.gtin import Gtin
from training.captures import LabelledCapture
from training.semi_synthetic.cutouts import Image
from training.semi_synthetic.light import light_of
from training.semi_synthetic.places import runs, tilt_of
from training.semi_synthetic.setting import behind_of, set_in
from vision.decoding import decode, encode_jpeg

SYNTHETIC = "synthetic"  # arm and store of these captures
_QUALITY = 92
_SQUEEZED = 1.35  # how much wider or narrower than its place a picture may be: an oblique view squeezes fronts, too
_WIDEST_RUN = 4  # facings of one new product side by side
References = Mapping[Gtin, Sequence[Image]]


class SynthesisConfig(BaseModel):
    """How much is made up.

    Attributes:
        share: semi-synthetic photos as a share of the real training photos, at most; 0 for none.
        enough: labelled facings in the training part from which a product needs none; one with fewer gets the rest.
        replaced: share of a photo's facings that may be replaced, one at least.
        seed: the same one gives the same photos.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: float = Field(default=0.25, ge=0, le=1)
    enough: int = Field(default=30, ge=1, le=10_000)
    replaced: float = Field(default=0.5, gt=0, le=1)
    seed: int = Field(default=0, ge=0, lt=2**31)


@dataclass(frozen=True, slots=True)
class _Setting:
    """A run of facings and the product that takes its place."""

    run: tuple[int, ...]
    gtin: Gtin


def facings_wanted(captures: Sequence[LabelledCapture], gtins: Sequence[Gtin], enough: int) -> dict[Gtin, int]:
    """Return how many facings each product still lacks in captures that train; products that lack none are left out."""
    shown = Counter(box.gtin for capture in captures for box in capture.boxes)
    return {gtin: enough - shown[gtin] for gtin in sorted(gtins) if shown[gtin] < enough}


def semi_synthetic(
    captures: Sequence[LabelledCapture],
    references: References,
    keep: Callable[[bytes], tuple[str, Path]],
    config: SynthesisConfig,
) -> tuple[LabelledCapture, ...]:
    """Make photos that show products with too few shelf labels; the same input gives the same photos.

    Args:
        captures: the training part, never the validation part: each new photo is one of these, changed.
        references: cut-out RGBA pictures of products, those with enough labels too: by them a photo's light is known.
        keep: stores a JPEG and returns its SHA-256 and its local file.
        config: how much.
    """
    wanted = facings_wanted(captures, [gtin for gtin in references if references[gtin]], config.enough)
    budget = int(config.share * len(captures))
    rng = _generator(captures, references, config)
    listed = sorted(captures, key=lambda capture: capture.capture_id)
    made: list[LabelledCapture] = []
    for place in rng.permutation(len(listed)).tolist():
        if len(made) == budget or not wanted:
            break
        settings = list(_settings(listed[place], references, wanted, config.replaced, rng))
        if settings:
            made.append(_photo(listed[place], settings, references, keep, rng))
    return tuple(sorted(made, key=lambda capture: capture.capture_id))


def _generator(captures: Sequence[LabelledCapture], references: References, config: SynthesisConfig) -> Generator:
    """Seed by content, so that another training set does not repeat the same noise and choices."""
    digest = hashlib.sha256(f"{config.seed}".encode())
    for sha256 in sorted(capture.sha256 for capture in captures):
        digest.update(sha256.encode())
    for gtin in sorted(references):
        digest.update(gtin.encode())
        for picture in references[gtin]:
            digest.update(np.ascontiguousarray(picture).tobytes())
    return np.random.default_rng(int.from_bytes(digest.digest()[:8]))


def _settings(
    capture: LabelledCapture,
    pictures: References,
    wanted: dict[Gtin, int],
    replaced: float,
    rng: Generator,
) -> Iterator[_Setting]:
    """Choose what goes where in one photo, and take it off what is wanted: who lacks most comes first."""
    boxes = capture.boxes
    left = max(1, int(replaced * sum(box.kind is DetectionKind.FACING for box in boxes)))
    found = runs(boxes, (capture.width, capture.height))
    for number in rng.permutation(len(found)).tolist():
        run = found[number][: min(_WIDEST_RUN, left)]
        if not run or not wanted:
            continue
        shape = _shape(boxes[run[0]])
        fitting = [gtin for gtin in wanted if _fits(pictures[gtin][0], shape) and gtin != boxes[run[0]].gtin]
        if not fitting:
            continue
        gtin = max(fitting, key=lambda one: (wanted[one], one))
        run = run[: wanted[gtin]]
        yield _Setting(run, gtin)
        left -= len(run)
        wanted[gtin] -= len(run)
        if not wanted[gtin]:
            del wanted[gtin]


def _shape(box: AnnotatedBox) -> float:
    return (box.x2 - box.x1) / (box.y2 - box.y1)


def _fits(picture: Image, shape: float) -> bool:
    own = picture.shape[1] / picture.shape[0]
    return max(own / shape, shape / own) <= _SQUEEZED


def _photo(
    capture: LabelledCapture,
    settings: Sequence[_Setting],
    pictures: References,
    keep: Callable[[bytes], tuple[str, Path]],
    rng: Generator,
) -> LabelledCapture:
    photo, boxes = decode(capture.image.read_bytes()).image.copy(), list(capture.boxes)
    known = [(box, pictures[box.gtin][0]) for box in boxes if box.gtin is not None and pictures.get(box.gtin)]
    light, tilt = light_of(photo, known), tilt_of(boxes)
    for setting in settings:
        shots = pictures[setting.gtin]
        picture = shots[int(rng.integers(len(shots)))]
        for place in setting.run:
            behind = behind_of(photo, boxes, boxes[place])
            boxes[place] = set_in(photo, boxes[place], setting.gtin, picture, light, tilt, behind, rng)
    sha256, image = keep(encode_jpeg(photo, quality=_QUALITY))
    return replace(
        capture,
        capture_id=f"{SYNTHETIC}-{sha256[:24]}",
        image=image,
        sha256=sha256,
        store_id=SYNTHETIC,
        arm=SYNTHETIC,
        boxes=tuple(boxes),
        duplicate_group=None,
        annotation_id=None,
    )
