"""How facings are named, and bays judged, when a model serves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from retail.boxes import DetectionKind
from retail.gtin import Gtin
from retail.planograms import Planogram
from training.captures import LabelledCapture
from vision.artefact import ArtefactMetadata
from vision.bays.chances import bay_photo
from vision.bays.photo import BayPhoto
from vision.crops import cut_crops
from vision.detections import Detections
from vision.gallery import Assortment
from vision.letterbox import Image
from vision.recognition import Recogniser


@dataclass(frozen=True, slots=True, eq=False)
class Naming:
    """What names the facings that a detector found.

    Attributes:
        metadata: of the detector, whose classes may be products themselves.
        recogniser: names facings whose product the detector does not know; None if nothing does.
        assortment_of: what a store carries; None for everything.
        least: probability of a verdict, below which it is undecided.
    """

    metadata: ArtefactMetadata
    recogniser: Recogniser | None
    assortment_of: Callable[[str], Assortment | None]
    least: float = 0.5

    @property
    def known(self) -> frozenset[str]:
        """The products that a facing may be called."""
        own = {gtin for gtin in map(self.metadata.gtin_of, range(len(self.metadata.classes))) if gtin}
        return frozenset(own | (self.recogniser.gallery.gtins if self.recogniser else frozenset()))


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known of labelled captures beside their labels.

    Attributes:
        trained: training boxes of each product.
        categories: of products; one that has none counts in the whole alone.
        families: of products; those of one are siblings.
        planograms: that a capture's bay followed, by capture; only captures that are labelled as a whole.
        taught: captures that references were cut from: a gallery that holds itself is not asked.
    """

    trained: Mapping[str, int] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)
    families: Mapping[str, str] = field(default_factory=dict)
    planograms: Mapping[str, Planogram] = field(default_factory=dict)
    taught: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class NamedPhoto:
    """The facings of a photo as they are answered; m of them.

    Attributes:
        rows: (m,) of the detections.
        gtins: their products as answered, None for those that are called unknown.
        chances: (m,) probability of the product, 1 where the detector's own class says it.
        unknown_scores: (m,) NaN where the detector's own class says the product.
        bay: the photo as a planogram is matched with it; None without a planogram.
    """

    rows: list[int]
    gtins: list[Gtin | None]
    chances: list[float]
    unknown_scores: list[float]
    bay: BayPhoto | None


def name_facings(
    naming: Naming,
    image: Image,
    found: Detections,
    confidence: float,
    capture: LabelledCapture,
    planogram: Planogram | None,
) -> NamedPhoto:
    """Name the facings of one photo as the service would, which answers detections from some confidence on."""
    answered = np.flatnonzero(found.confidences >= confidence)
    served = found.keep(answered)
    metadata, recogniser = naming.metadata, naming.recogniser
    classes = served.class_ids.tolist()
    facings = [row for row, id in enumerate(classes) if metadata.kind_of(id) is DetectionKind.FACING]
    nameless = [row for row in facings if metadata.gtin_of(classes[row]) is None]
    answers = {row: (metadata.gtin_of(classes[row]), 1.0, float("nan")) for row in facings}
    vectors, assortment = {}, None
    if recogniser is not None and nameless:
        assortment = naming.assortment_of(capture.store_id)
        embedded = recogniser.embedder.embed(cut_crops(image, served.boxes[nameless], recogniser.embedder.crop_size))
        vectors = dict(zip(nameless, embedded, strict=True))
        for row, one in zip(nameless, recogniser.name(embedded, assortment), strict=True):
            answers[row] = (one.gtin, one.probability, one.unknown_score)
    bay = None
    if planogram is not None:
        bay = bay_photo(served, metadata, vectors, recogniser, planogram.gtins, assortment)
    told = [answers[row] for row in facings]
    return NamedPhoto(
        rows=answered[facings].tolist(),
        gtins=[gtin for gtin, _, _ in told],
        chances=[chance for _, chance, _ in told],
        unknown_scores=[score for _, _, score in told],
        bay=bay,
    )
