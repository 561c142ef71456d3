"""What earlier retrainings made of new labels."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from labeling.point_costs import Gain
from service.coverage.audit_queries import annotation_seconds, annotations_of_models, newest_candidates

_RETRAININGS = 10  # the newest; what labels were worth long ago says little of the next ones


def gains(session: Session) -> list[Gain]:
    """Return what candidates gained over the champions they were fitted from, first steps from the starter left out."""
    candidates = newest_candidates(session, _RETRAININGS)
    versions = {one for model, retraining in candidates for one in (model.version, retraining.base_version)}
    annotations = annotations_of_models(session, versions)
    steps = [
        (_points(model.report or {}), annotations[model.version] - annotations[retraining.base_version])
        for model, retraining in candidates
        if model.version in annotations and retraining.base_version in annotations
    ]
    seconds = annotation_seconds(session, {id for _, new in steps for id in new})
    return [Gain(sum(seconds.get(id, 0) for id in new), points) for points, new in steps if points is not None]


def _points(report: Mapping[str, Mapping[str, Mapping[str, float | None]]]) -> float | None:
    """Return by how many hundredths of AP a candidate beat the champion on the same photos."""
    scores = [report[who]["overall"]["ap"] for who in ("candidate", "champion") if who in report]
    known = [score for score in scores if score is not None]
    return 100 * (known[0] - known[1]) if len(known) == 2 else None
