"""Several views of one product, one answer. Nothing is kept."""

from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from service.captures.answers import naming_answer
from service.captures.upload import Form
from service.checkout.views import View, views_of
from service.context import Context
from service.metrics import stage
from service.naming.policy import UnknownPolicy
from service.problems import Problem, not_found
from service.records import StoreRecord
from vision.checkout import recognise_views
from vision.recognition import NamedFacing

_WHAT_FOLLOWS = {
    UnknownPolicy.REVIEW: "ask a person what it is; this call keeps no picture, so nobody else will",
    UnknownPolicy.FALLBACK_SCAN: "scan its barcode",
    UnknownPolicy.UNRESOLVED: "it stays without a product",
}


def recognise(context: Context, form: Form, store_id: str | None, policy: UnknownPolicy) -> dict[str, Any]:
    """Return what the views show as `schemas.CheckoutAnswer` describes it.

    Faces are not looked for: nothing is kept, and one on a pack is part of what tells it apart.

    Raises:
        Problem: naming-off, naming-not-loaded, store-not-found, or what is wrong with a part of the form.
    """
    model = context.naming.loaded()
    if model is None:
        raise Problem(409, "naming-off", "This service names no products.", remedy="Have naming.enabled set to true.")
    if store_id is not None:
        with context.database.read() as session:
            _check_store(session, store_id)
    assortment = None if store_id is None else context.naming.assortment_of(model, store_id)
    detector = context.serving.current()
    with stage("infer"):
        views = views_of(form, detector, context.settings.photo)
    with stage("name"):
        crops = np.concatenate([view.crop(model.embedder.crop_size) for view in views])
        vectors = model.embedder.embed(crops)
        each = model.recogniser.name(vectors, assortment)
        all_together = recognise_views(model.recogniser, vectors, assortment)
    return {
        "gtin": all_together.gtin,
        "unresolved": all_together.unknown,
        "naming": naming_answer(all_together),
        "unknown_policy": {"policy": policy.value, "message": _message(all_together, policy)},
        "views": [_view_answer(view, named) for view, named in zip(views, each, strict=True)],
        "naming_id": model.id,
        "model_version": detector.version,
    }


def _message(named: NamedFacing, policy: UnknownPolicy) -> str:
    if not named.unknown:
        return "The views show one known product."
    return f"The views show no known product, or not clearly enough: {_WHAT_FOLLOWS[policy]}."


def _view_answer(view: View, named: NamedFacing) -> dict[str, Any]:
    return {
        "source": view.source,
        "box": None if view.box is None else [round(float(edge), 1) for edge in view.box],
        "gtin": named.gtin,
        "naming": naming_answer(named),
    }


def _check_store(session: Session, store_id: str) -> None:
    if session.get(StoreRecord, store_id.replace("\0", "")) is None:
        remedy = f"Register it with PUT /v1/stores/{store_id}, or leave store_id out."
        raise not_found("store", store_id, field="store_id", remedy=remedy)
