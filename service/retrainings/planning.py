"""What a retraining would do if it were ordered now: nothing is recorded, no photo is read."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.catalogue.queries import in_parts
from service.context import Context
from service.models.queries import champion_version
from service.problems import Problem
from service.records import ProductRecord, RetrainingRecord
from service.retrainings.estimating import Estimate, Fit, Past, estimate
from service.retrainings.fitting import LIVE
from service.retrainings.queries import (
    ENDED,
    SHADOWING,
    current_labels,
    deployed_strata,
    find_in_flight,
    list_annotated,
)
from service.retrainings.schemas import NewProduct, RetrainingPlan, RetrainingRequest
from service.retrainings.service import check_knobs, check_labels, fit_config
from service.retrainings.trained_on import serving_snapshot
from service.snapshots.labelled import whole_capture
from training.captures import LabelledCapture
from training.fit_config import FitConfig
from training.fit_plan import FitPlan, plan_fit
from training.snapshots import NothingToTrain, Snapshot, freeze

_NEWEST = 20  # retrainings that estimates are made from
_NO_PHOTO = Path("not-read")


@dataclass(frozen=True)
class _Parts:
    """What would be trained on, beside what the serving model was trained on; a detector's fit is planned, too."""

    snapshot: Snapshot
    before: Snapshot | None
    fit: FitPlan | None

    @property
    def captures(self) -> dict[str, int]:
        split = self.snapshot.split
        return {"train": len(split.train), "validation": len(split.validation), "set_aside": len(split.set_aside)}

    @property
    def boxes(self) -> int:
        return sum(len(capture.boxes) for capture in self.snapshot.split.train)

    @property
    def new_boxes(self) -> int:
        known = {capture.annotation_id for capture in self.before.captures} if self.before else set()
        return sum(len(one.boxes) for one in self.snapshot.captures if one.annotation_id not in known)

    @property
    def new_products(self) -> list[str]:
        known = _products(self.before.captures) if self.before else set()
        return sorted(_products(self.snapshot.captures) - known)


def plan_retraining(context: Context, request: RetrainingRequest) -> RetrainingPlan:
    """Return what a retraining would train on, and how long it would take.

    Raises:
        Problem: overrides-invalid, nothing-to-train, or snapshot-damaged for the serving model's training set.
    """
    check_knobs(request)
    config = fit_config(request)
    with context.database.read() as session:
        check_labels(session, request)
        parts = _parts(session, request, config, context.clock())
        in_flight = find_in_flight(session, request.model)
        names = _named(session, parts.new_products)
        minutes = _estimate(session, config, parts)
        base = champion_version(session)
    return RetrainingPlan(
        sentence=_sentence(parts, len(names), minutes),
        base_version=base,
        captures=parts.captures,
        boxes=parts.boxes,
        new_boxes=parts.new_boxes,
        new_products=names,
        strata=dict(sorted(Counter(one.stratum for one in parts.snapshot.split.train).items())),
        split_rule=parts.snapshot.split.rule,
        photos_per_epoch=parts.fit and parts.fit.photos,
        epochs=parts.fit and config.epochs,
        reasons=list(parts.fit.reasons) if parts.fit else [],
        minutes=minutes and round(minutes.minutes, 1),
        minutes_low=minutes and round(minutes.low, 1),
        minutes_high=minutes and round(minutes.high, 1),
        minutes_from=minutes.source if minutes else "an embedder's fit is not estimated",
        in_flight=in_flight and in_flight.id,
    )


def _parts(session: Session, request: RetrainingRequest, config: FitConfig, now: datetime) -> _Parts:
    labels = current_labels(session)
    captures = [whole_capture(one, labels, _NO_PHOTO) for one in list_annotated(session, request.arms)]
    try:
        snapshot = freeze(captures, request.classes)
    except NothingToTrain as error:  # they went away since they were checked
        raise Problem(422, "nothing-to-train", str(error)) from error
    before = serving_snapshot(session)
    if request.model == "embedder":
        return _Parts(snapshot, before, None)
    older = {one.capture_id for one in before.split.train} if before else set()
    return _Parts(snapshot, before, plan_fit(snapshot, config, older, deployed_strata(session, now - LIVE)))


def _products(captures: Iterable[LabelledCapture]) -> set[str]:
    return {box.gtin for capture in captures for box in capture.boxes if box.gtin}


def _named(session: Session, gtins: list[str]) -> list[NewProduct]:
    query = select(ProductRecord.gtin, ProductRecord.name)
    rows = (row for some in in_parts(gtins) for row in session.execute(query.where(ProductRecord.gtin.in_(some))))
    return sorted((NewProduct(gtin=gtin, name=name) for gtin, name in rows), key=lambda one: one.gtin)


def _estimate(session: Session, config: FitConfig, parts: _Parts) -> Estimate | None:
    if parts.fit is None:
        return None
    fit = Fit(config.epochs, parts.fit.photos, config.image_size, config.freeze_backbone)
    return estimate(fit, len(parts.snapshot.captures), _past(session))


def _past(session: Session) -> list[Past]:
    over = select(RetrainingRecord).where(
        RetrainingRecord.model == "detector", RetrainingRecord.state.in_((*ENDED, SHADOWING))
    )
    newest = session.scalars(over.order_by(RetrainingRecord.created_at.desc()).limit(_NEWEST))
    return [past for record in newest if (past := _past_of(record)) is not None]


def _past_of(record: RetrainingRecord) -> Past | None:
    """Return what a retraining took; None where its fit did not end."""
    progress = record.progress
    history, captures = progress.get("history", []), progress.get("captures", {})
    if not history or "export" not in progress.get("entered", {"export": ""}) or not captures:
        return None
    config = fit_config(RetrainingRequest.model_validate(record.request))
    photos = progress.get("plan", {}).get("photos_per_epoch", captures["train"])
    fit_seconds = sum(epoch["seconds"] for epoch in history)
    fit = Fit(len(history), photos, config.image_size, config.freeze_backbone)
    real = sum(count for part, count in captures.items() if part != "synthetic")
    return Past(fit, fit_seconds, real, _rest_seconds(progress, fit_seconds))


def _rest_seconds(progress: dict[str, Any], fit_seconds: float) -> float | None:
    entered = progress.get("entered", {})
    if not {"snapshot", "register"} <= entered.keys():
        return None
    began, ended = (datetime.fromisoformat(entered[stage]) for stage in ("snapshot", "register"))
    return max((ended - began) / timedelta(seconds=1) - fit_seconds, 0)


def _sentence(parts: _Parts, new_products: int, minutes: Estimate | None) -> str:
    counts = parts.captures
    said = f"Would train on {parts.boxes:,} boxes of {counts['train']:,} captures"
    if parts.before is not None:
        said += f" ({parts.new_boxes:,} boxes are new)"
    products = f"{new_products:,} new {'product' if new_products == 1 else 'products'}"
    said += f" with {products} and measure on {counts['validation']:,} captures"
    return f"{said}: {_duration(minutes)}." if minutes else f"{said}."


def _duration(minutes: Estimate) -> str:
    return f"about {_rounded(minutes.minutes)} ({_rounded(minutes.low)} to {_rounded(minutes.high)}; {minutes.source})"


def _rounded(minutes: float) -> str:
    """Return a duration as people say it: none of this is known to the second."""
    if minutes < 1.5:
        return "a minute" if minutes > 0.75 else "half a minute"
    if minutes < 100:
        return f"{minutes:.0f} minutes"
    return f"{minutes / 60:.1f} hours"
