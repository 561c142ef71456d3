"""Adding a reference picture: checked as a photo is, embedded, kept, and live on this server when it is answered."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import numpy as np
from sqlalchemy.orm import Session

from retail.gtin import Gtin
from service.captures.photos import checked
from service.catalogue.loading import read_catalogue
from service.catalogue.queries import hold_catalogue, variants_of
from service.catalogue.resolving import product_of
from service.context import Context
from service.ids import new_id
from service.naming.queries import (
    LIVE,
    PACK_SHOT,
    append_gallery_changes,
    find_reference,
    keep_vectors,
    lock_gallery,
    reference_of_picture,
)
from service.naming.reading import embed_picture, to_bytes
from service.naming.references import remove_references
from service.problems import Problem, not_found
from service.records import ReferenceRecord
from vision.kept_picture import picture_to_keep

NO_FACES = np.zeros((0, 4), np.float32)


class View(StrEnum):
    """From where a reference shows its product."""

    FRONT = "front"
    BACK = "back"
    SIDE = "side"
    TOP = "top"
    BOTTOM = "bottom"
    HELD = "held"


@dataclass(frozen=True, slots=True, eq=False)
class SentPicture:
    """A picture of a product, as a caller sends it; `variant_id` None means the product's first look."""

    gtin: Gtin
    variant_id: str | None
    view: View
    photo: bytes


def add_reference(context: Context, sent: SentPicture) -> tuple[ReferenceRecord, bool]:
    """Keep a picture as a reference; return it and whether it is new. The same picture of a variant is one reference.

    Faces are not blurred: one on a pack is part of its design, and hiding it would hide what tells the pack apart.

    Raises:
        Problem: product-unknown, -split or -delisted, variant-not-found, naming-not-loaded, or 413, 415, 422 for a
            picture that cannot be worked on.
    """
    kept = picture_to_keep(sent.photo, checked(sent.photo, context.settings.photo, long_side=1), NO_FACES)
    model = context.naming.loaded()
    vector = None if model is None else to_bytes(embed_picture(model.embedder, kept))
    now = context.clock()
    with context.database.read() as session:
        _variant(session, sent, now.date())  # before a picture is written
    id = new_id(now)
    key = f"references/{id[-2:]}/{id}.jpg"
    context.images.put(key, kept)
    with context.database.write() as session:
        reference, new = _keep(session, sent, id, key, now)
        if new:
            if model is not None and vector is not None:
                keep_vectors(session, model.embedder.id, {reference.id: vector})
            append_gallery_changes(session, [reference.id], now)
    if reference.id != id:
        context.images.delete(key)
    context.naming.refresh()
    return reference, new


def remove_reference(context: Context, gtin: Gtin, id: str) -> None:
    """Remove a reference and its picture; it names nothing on this server when this returns.

    Raises:
        Problem: reference-not-found.
    """
    with context.database.write() as session:
        hold_catalogue(session)
        if find_reference(session, gtin, id) is None:
            raise no_reference(gtin, id)
        keys = remove_references(session, [id], context.clock())
    for key in keys:
        context.images.delete(key)
    context.naming.refresh()


def no_reference(gtin: Gtin, id: str) -> Problem:
    """Make the problem for a reference that is not there."""
    return not_found("reference", id, field="id", remedy=f"GET /v1/products/{gtin}/references lists those there are.")


def _keep(session: Session, sent: SentPicture, id: str, key: str, now: datetime) -> tuple[ReferenceRecord, bool]:
    hold_catalogue(session)
    lock_gallery(session)
    variant_id, sha256 = _variant(session, sent, now.date()), hashlib.sha256(sent.photo).hexdigest()
    if (known := reference_of_picture(session, variant_id, sha256)) is not None:
        revived = known.state != LIVE
        known.state = LIVE
        return known, revived
    reference = ReferenceRecord(
        id=id,
        variant_id=variant_id,
        source=PACK_SHOT,
        view=sent.view,
        image_key=key,
        sha256=sha256,
        created_at=now,
        state=LIVE,
    )
    session.add(reference)
    session.flush()
    return reference, True


def _variant(session: Session, sent: SentPicture, on: date) -> str:
    """Return the id of the variant that is meant."""
    gtin = product_of(read_catalogue(session, [sent.gtin]), sent.gtin, "gtin", on)
    ids = [variant.id for variant in variants_of(session, [gtin])[gtin]]
    wanted = ids[0] if sent.variant_id is None else sent.variant_id
    if wanted not in ids:
        remedy = f"Its variants are {', '.join(ids)}; PUT /v1/products/{gtin}/variants/{wanted} adds one."
        raise not_found("variant", wanted, field="variant_id", remedy=remedy)
    return wanted
