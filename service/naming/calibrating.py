"""Fitting probabilities and sets of products on the random arm's labels, and measuring them on others of them."""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from retail.gtin import Gtin
from service.context import Context
from service.naming.labelled import LabelledFacing, labelled_facings
from service.naming.queries import lock_gallery
from service.naming.reading import embed_facings
from service.naming.serving import NamingModel
from service.naming.shelf_references import MEASURES
from service.problems import Problem
from service.records import NamingRecord
from vision.decoding import BadPhoto
from vision.detections import Floats
from vision.naming_calibration import LEAST_KNOWN, NamingCalibration, Shortlists, fit_calibration
from vision.recognition import SHORTLIST, shortlist

log = logging.getLogger(__name__)
MOST = 2_000  # facings, the newest ones: enough for a fit, and seconds of embedding


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """Labelled facings as the embedder sees them: vectors (n, width), and what each one truly shows."""

    vectors: Floats
    gtins: Sequence[Gtin]


def calibrate(context: Context, reason: str, by: str) -> NamingRecord:
    """Calibrate what names now; servers take it over at once.

    The random arm is drawn from all photos alike, so what is measured on it holds for them. Its facings are never
    references (`shelf_references`), and photos of one bay and day are all in the same half.

    Raises:
        Problem: nothing-to-name-with, or too-few-labels.
    """
    model = context.naming.current()
    if model is None:
        remedy = "Add references with POST /v1/products/{gtin}/references first."
        raise Problem(409, "nothing-to-name-with", "The gallery is empty, or naming is off.", remedy=remedy)
    with context.database.read() as session:
        found = labelled_facings(session, MEASURES, MOST)
    fitting, measuring = (_shortlists(model, _embedded(context, model, half)) for half in _halves(found))
    _check_enough(fitting, measuring)
    on = f"{len(fitting.truth)} labelled facings of the random arm"
    calibration = fit_calibration(fitting, coverage=context.settings.naming.coverage, on=on)
    with context.database.write() as session:
        lock_gallery(session)
        naming = NamingRecord(
            embedder_id=model.embedder.id,
            calibration=calibration.model_dump(mode="json"),
            measured=measure(calibration, measuring),
            reason=reason,
            by=by,
            at=context.clock(),
        )
        session.add(naming)
    context.naming.refresh()
    return naming


def measure(calibration: NamingCalibration, lists: Shortlists) -> dict[str, Any]:
    """Return what a calibration does on facings that it was not fitted on; unknown ones count where it says so."""
    known, right = lists.known, lists.truth >= 0
    sets = calibration.sets(lists.scores)
    covered = right & sets[np.arange(len(right)), np.maximum(lists.truth, 0)]
    chances = calibration.probabilities(lists.scores)
    return {
        "facings": int(known.sum()),
        "unknown_facings": int((~known).sum()),
        "coverage": round(float(covered[known].mean()), 4),
        "mean_set_size": round(float(sets[known].sum(1).mean()), 3),
        "top1": round(float((lists.truth == 0)[known].mean()), 4),
        "mean_probability": round(float(chances[known, 0].mean()), 4),
    }


def _halves(found: Sequence[LabelledFacing]) -> tuple[list[LabelledFacing], list[LabelledFacing]]:
    groups: dict[str, list[LabelledFacing]] = defaultdict(list)
    for one in found:
        groups[hashlib.sha256(f"{one.bay_id} {one.taken_on}".encode()).hexdigest()].append(one)
    shuffled = [groups[name] for name in sorted(groups)]
    first, second = (sum(half, list[LabelledFacing]()) for half in (shuffled[::2], shuffled[1::2]))
    return first, second


def _embedded(context: Context, model: NamingModel, facings: Sequence[LabelledFacing]) -> Embedded:
    of_photo: dict[str, list[LabelledFacing]] = defaultdict(list)
    for one in facings:
        of_photo[one.image_key].append(one)
    vectors, gtins = [np.empty((0, model.embedder.width), np.float32)], list[Gtin]()
    for key, shown in of_photo.items():
        try:
            boxes = np.array([one.box for one in shown], np.float32)
            vectors.append(embed_facings(context.images, model.embedder, key, boxes, shown[0].size))
        except (OSError, BadPhoto) as error:
            log.warning("%s is left out of a calibration: %s", key, error)
        else:
            gtins += [one.gtin for one in shown]
    return Embedded(np.concatenate(vectors), gtins)


def _shortlists(model: NamingModel, facings: Embedded) -> Shortlists:
    lists = shortlist(model.gallery.search(facings.vectors, most=SHORTLIST))
    there = model.gallery.gtins
    places = [
        gtins.index(truth) if truth in gtins else -1 for gtins, truth in zip(lists.gtins, facings.gtins, strict=True)
    ]
    return Shortlists(
        lists.scores,
        lists.nearest,
        np.array(places, np.int64),
        np.array([truth in there for truth in facings.gtins], np.bool_),
        list(facings.gtins),
    )


def _check_enough(fitting: Shortlists, measuring: Shortlists) -> None:
    counts = [int(half.known.sum()) for half in (fitting, measuring)]
    if min(counts) < LEAST_KNOWN:
        raise Problem(
            409,
            "too-few-labels",
            f"Of the random arm's labelled facings {counts[0]} would fit and {counts[1]} would measure, "
            f"both need {LEAST_KNOWN} whose products have references.",
            remedy="Label more tasks of the random arm, from several bays and days, and name their facings.",
        )
