"""The coverage audit: what cameras send against what the serving model was trained on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy.orm import Session

from labeling.point_costs import point_cost
from sampling.audit import Audit, Stratum, audit
from service.context import Context
from service.coverage.audit_queries import catalogue_changes_since, labelled_beside, live_strata
from service.coverage.audit_schemas import (
    AuditAnswer,
    AuditedStratum,
    CollectNext,
    Freshness,
    PointCostAnswer,
)
from service.coverage.gains import gains
from service.coverage.queries import NOW, pool_strata, queued_captures
from service.coverage.redundancy import redundancy
from service.models.queries import champion_version
from service.planograms.resets import reset_times
from service.retrainings.trained_on import serving_snapshot
from training.captures import LabelledCapture
from training.snapshots import Snapshot

LATELY = timedelta(days=28)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class _Set:
    """The training captures of the serving model, and what is known of them now."""

    captures: Sequence[LabelledCapture]
    resets: Mapping[str, datetime]
    now: datetime

    def of(self, stratum: str) -> "_Set":
        return _Set([one for one in self.captures if one.stratum == stratum], self.resets, self.now)

    @property
    def outdated(self) -> int:
        return sum(one.taken_at < self.resets.get(one.bay_id, one.taken_at) for one in self.captures)

    @property
    def boxes(self) -> int:
        return sum(len(one.boxes) for one in self.captures)

    @property
    def median_age_days(self) -> float | None:
        ages = [(self.now - one.taken_at) / _DAY for one in self.captures]
        return round(median(ages), 1) if ages else None

    @property
    def newest(self) -> datetime | None:
        return max((one.taken_at for one in self.captures), default=None)

    @property
    def oldest(self) -> datetime | None:
        return min((one.taken_at for one in self.captures), default=None)


def audit_answer(session: Session, context: Context) -> AuditAnswer:
    """Return the audit of the training set that the serving model comes from.

    Raises:
        Problem: no-model, or snapshot-damaged.
    """
    now, version, snapshot = context.clock(), champion_version(session), serving_snapshot(session)
    train = _Set(snapshot.split.train if snapshot else (), reset_times(session, now), now)
    found = _strata(session, train, snapshot)
    return AuditAnswer(
        sentence=_first(found, snapshot),
        model_version=version,
        snapshot_hash=snapshot and snapshot.content_hash,
        days=found.days,
        live=found.live,
        trained=found.trained,
        next=_next(found),
        strata=[_stratum(found, one, train.of(one.name)) for one in found.strata if one.live or one.trained],
        freshness=_freshness(session, train, snapshot),
        redundancy=redundancy(session, train.captures, version, context.settings.near_duplicate_similarity),
        point_cost=PointCostAnswer.model_validate(point_cost(gains(session))),
    )


def _strata(session: Session, train: _Set, snapshot: Snapshot | None) -> Audit:
    live = live_strata(session, train.now - LATELY)
    # A tile is named CAPTURE:PART.
    known = {one.capture_id.partition(":")[0] for one in snapshot.captures} if snapshot else set()
    labelled, pool = labelled_beside(session, known), pool_strata(session, NOW)
    queued = Counter(stratum for _, stratum in queued_captures(session, NOW))
    trained = Counter(one.stratum for one in train.captures)
    strata = [
        Stratum(
            name=name,
            live=live.get(name, (0, ()))[0],
            trained=trained[name],
            outdated=train.of(name).outdated,
            labelled=labelled[name],
            queued=queued[name],
            pool=pool.get(name, 0),
            stores=live.get(name, (0, ()))[1],
        )
        for name in {*live, *trained, *labelled, *queued, *pool}
    ]
    return audit(strata, LATELY.days)


def _first(found: Audit, snapshot: Snapshot | None) -> str:
    if snapshot is None and found.live:
        return f"What the serving model was trained on is none of the photos here. {found.sentence()}"
    return found.sentence()


def _next(found: Audit) -> list[CollectNext]:
    return [
        CollectNext(
            **_condition(one.stratum),
            standing=one.standing.words,
            action=one.action,
            captures=one.captures,
            words=one.words,
        )
        for one in found.advice()
    ]


def _stratum(found: Audit, one: Stratum, train: _Set) -> AuditedStratum:
    return AuditedStratum(
        **_condition(one.name),
        standing=found.standing(one).words,
        live=one.live,
        live_share=round(one.live / found.live, 4) if found.live else 0,
        trained=one.trained,
        trained_share=round(one.trained / found.trained, 4) if found.trained else 0,
        boxes=train.boxes,
        outdated=one.outdated,
        median_age_days=train.median_age_days,
        newest=train.newest,
        labelled=one.labelled,
        queued=one.queued,
        pool=one.pool,
    )


def _condition(stratum: str) -> dict[str, str]:
    lighting, angle, store_format = stratum.split("/")
    return {"lighting": lighting, "angle": angle, "format": store_format}


def _freshness(session: Session, train: _Set, snapshot: Snapshot | None) -> Freshness:
    version = snapshot.versions.get("catalogue") if snapshot else None
    changes = catalogue_changes_since(session, int(version)) if version is not None else None
    return Freshness(
        sentence=_freshness_words(train, changes),
        median_age_days=train.median_age_days,
        oldest=train.oldest,
        newest=train.newest,
        outdated=train.outdated,
        catalogue_changes=changes,
    )


def _freshness_words(train: _Set, changes: int | None) -> str:
    if not train.captures:
        return "There is no training set here whose labels could be old."
    said = f"Half of the {len(train.captures)} training photos are older than {train.median_age_days:g} days"
    said += f"; {train.outdated} show bays whose layout has changed since"
    return f"{said}; the catalogue changed {changes} times since they were frozen." if changes else f"{said}."
