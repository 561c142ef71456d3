"""Errors planted into true labels, searched for, and counted."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from numpy.random import Generator

from labeling.annotations import AnnotatedBox
from labeling.quality.boundaries import Categories
from labeling.quality.label_errors import LabelError, LabelledPhoto, Seen, Suspect, find_label_errors
from labeling.quality.simulated import ErrorRates, annotate, draw_catalogue, draw_photo
from labeling.quality.simulated_model import ModelQuality, Planted, SimulatedModel, plant

# As the starter was measured (benchmarks/results: detection, calibration, recognition): fridge, drugstore, Klasson.
STARTER = ModelQuality(recall=0.99, wrong=0.49, auroc=0.915, edges=0.04, background=0.7, crowding=1.0)
# What a shop's own detector is thought to be like; named as before.
OWN = replace(STARTER, wrong=0.25, auroc=0.95, edges=0.03)


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """A photo's true boxes, its width and height, and what a model saw in it."""

    truth: tuple[AnnotatedBox, ...]
    size: tuple[int, int]
    seen: Seen


@dataclass(frozen=True, slots=True)
class Counts:
    """Errors planted, those of them found, suspects, and those of them that are clean."""

    planted: int = 0
    found: int = 0
    flagged: int = 0
    clean: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.planted + other.planted,
            self.found + other.found,
            self.flagged + other.flagged,
            self.clean + other.clean,
        )

    @property
    def found_share(self) -> float:
        return self.found / max(self.planted, 1)

    @property
    def clean_share(self) -> float:
        return self.clean / max(self.flagged, 1)


def simulated(quality: ModelQuality, photos: int, rng: Generator) -> tuple[list[Sight], Categories]:
    """Draw photos of a shop of 80 products, seen by a simulated model."""
    shop = draw_catalogue(categories=10, products_each=8)
    model = SimulatedModel(rng, quality, shop)
    truths = [draw_photo(rng, shop) for _ in range(photos)]
    labels = [annotate(rng, truth, ErrorRates(), shop) for truth in truths]
    return [Sight(own, (2400, 1800), model.look(truth)) for own, truth in zip(labels, truths, strict=True)], shop


def trial(sights: Sequence[Sight], categories: Categories, share: float, rng: Generator) -> dict[LabelError, Counts]:
    """Plant this share of each kind of error and search once."""
    planted = [plant(rng, sight.truth, share, categories, sight.size) for sight in sights]
    photos = [
        LabelledPhoto(str(number), one.labels, sight.seen)
        for number, (one, sight) in enumerate(zip(planted, sights, strict=True))
    ]
    by_photo: dict[str, list[Suspect]] = defaultdict(list)
    for suspect in find_label_errors(photos):
        by_photo[suspect.photo_id].append(suspect)
    counts = {error: Counts() for error in LabelError}
    for number, one in enumerate(planted):
        for error, count in _counted(one, by_photo[str(number)]):
            counts[error] += count
    return counts


def _counted(planted: Planted, suspects: Sequence[Suspect]) -> Iterator[tuple[LabelError, Counts]]:
    """An error counts as found whichever way its label is suspected; a clean suspect counts for what it is called."""
    hits = planted.found(suspects)
    labels = {hit for error in (LabelError.BADLY_LOCATED, LabelError.SWAPPED) for hit in hits[error]}
    found = {
        LabelError.OVERLOOKED: len({hit for hit in hits[LabelError.OVERLOOKED] if hit is not None}),
        LabelError.BADLY_LOCATED: len(labels & planted.displaced),
        LabelError.SWAPPED: len(labels & planted.swapped),
    }
    errors = {
        LabelError.OVERLOOKED: len(planted.overlooked),
        LabelError.BADLY_LOCATED: len(planted.displaced),
        LabelError.SWAPPED: len(planted.swapped),
    }
    for error in LabelError:
        yield error, Counts(errors[error], found[error], len(hits[error]), hits[error].count(None))


def total(counts: dict[LabelError, Counts]) -> Counts:
    """Return all kinds of error together."""
    return sum(counts.values(), Counts())
