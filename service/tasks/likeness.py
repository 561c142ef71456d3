"""Which products look like a box of a photo."""

import numpy as np
from sqlalchemy.orm import Session

from retail.gtin import Gtin
from service.auth.callers import Caller
from service.captures.pictures import picture_of
from service.context import Context
from service.naming.queries import live_references_of
from service.naming.reading import kept_vectors
from service.naming.serving import NamingModel
from service.records import CaptureRecord
from service.tasks.showing import picture_url
from service.tasks.showing_queries import best_references, products_of, references_beside
from service.tasks.showing_schemas import Box, LikenessAnswer, LikeProduct
from vision.crops import cut_crops, side_wanted
from vision.decoding import decode
from vision.detections import Floats
from vision.gallery import Assortment, Gallery, Reference
from vision.recognition import SHORTLIST, shortlist

_NOTHING_TO_COMPARE = "No product has a reference picture yet, or naming is off: search by name or GTIN."


def find_alike(
    context: Context, caller: Caller, capture: CaptureRecord, box: Box, most: int, everywhere: bool
) -> LikenessAnswer:
    """Return the products most like a box of a capture, of those that its store carries or of all.

    Raises:
        Problem: naming-not-loaded, photo-deleted or photo-missing.
    """
    model = context.naming.current()
    if model is None:
        return LikenessAnswer(products=[], message=_NOTHING_TO_COMPARE)
    assortment = None if everywhere else context.naming.assortment_of(model, capture.store_id)
    vector = _vector(context, model, capture, box)
    # Several variants may be of one product, so more of them are asked for.
    ranked = _ranked(model.gallery, vector, assortment, most + SHORTLIST)
    with context.database.read() as session:
        ranked = _without_the_answer(session, model, vector, ranked, capture.id)
        return _answer(session, caller, ranked[:most], capture.id)


def _ranked(gallery: Gallery, vector: Floats, assortment: Assortment | None, most: int) -> list[tuple[Gtin, float]]:
    lists = shortlist(gallery.search(vector, assortment, most=most))
    return [(gtin, float(score)) for gtin, score in zip(lists.gtins[0], lists.scores[0], strict=False)]


def _without_the_answer(
    session: Session, model: NamingModel, vector: Floats, ranked: list[tuple[Gtin, float]], photo: str
) -> list[tuple[Gtin, float]]:
    """Rank anew as if nothing had been cut from this photo, or who labels it again would see what others said."""
    given, others = references_beside(session, [gtin for gtin, _ in ranked], photo)
    if not given:
        return ranked
    live = live_references_of(session, model.embedder.id, others)
    vectors = kept_vectors(live)
    beside = Gallery(model.embedder.id, model.embedder.width)
    beside.change(
        Reference(one.id, one.variant_id, Gtin(one.gtin), vectors[one.id]) for one in live if one.id in vectors
    )
    anew = [one for one in ranked if one[0] not in given] + _ranked(beside, vector, None, len(ranked))
    return sorted(anew, key=lambda one: -one[1])


def _vector(context: Context, model: NamingModel, capture: CaptureRecord, box: Box) -> Floats:
    """Return what the embedder makes of a piece of the stored photo, (1, width)."""
    size, corners = (capture.width, capture.height), np.array([box], np.float32)
    crop = model.embedder.crop_size
    image = decode(picture_of(context, capture), long_side=side_wanted(corners, size, crop)).image
    corners *= np.tile(np.array(image.shape[1::-1]) / np.array(size), 2).astype(np.float32)
    return model.embedder.embed(cut_crops(image, corners, crop))


def _answer(session: Session, caller: Caller, ranked: list[tuple[Gtin, float]], photo: str) -> LikenessAnswer:
    gtins = [gtin for gtin, _ in ranked]
    products, pictures = products_of(session, gtins), best_references(session, gtins, caller.store_ids, photo)
    found = [
        LikeProduct(
            gtin=gtin,
            name=products[gtin].name,
            family=products[gtin].family,
            category=products[gtin].category,
            picture_url=picture_url(gtin, pictures.get(gtin)),
            likeness=round(likeness, 4),
        )
        for gtin, likeness in ranked
        if gtin in products
    ]
    return LikenessAnswer(products=found, message=None if found else _NOTHING_TO_COMPARE)
