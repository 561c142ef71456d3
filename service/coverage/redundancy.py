"""What can be left out of training."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from sampling.prunable import Trained, find_prunable
from service.coverage.audit_queries import image_vectors
from service.coverage.audit_schemas import PrunableCapture, Redundancy
from training.captures import LabelledCapture

_EXAMPLES = 20


def redundancy(session: Session, captures: Sequence[LabelledCapture], version: int, similarity: float) -> Redundancy:
    """Return which training captures look like newer ones of their bay, by the image vectors of a model."""
    vectors = image_vectors(session, {one.capture_id for one in captures}, version)
    shown = [Trained(one.capture_id, one.bay_id, one.taken_at, vectors.get(one.capture_id)) for one in captures]
    found = find_prunable(shown, similarity)
    gone = {one.capture_id for one in found}
    share = len(gone) / len(shown) if shown else 0
    most_alike = sorted(found, key=lambda one: -one.similarity)[:_EXAMPLES]
    return Redundancy(
        sentence=_words(len(gone), len(shown), len(vectors), share),
        captures=len(gone),
        boxes=sum(len(one.boxes) for one in captures if one.capture_id in gone),
        share=round(share, 4),
        not_compared=len(shown) - len(vectors),
        examples=[PrunableCapture.model_validate(one) for one in most_alike],
    )


def _words(gone: int, captures: int, compared: int, share: float) -> str:
    if not compared:
        return "There are no image vectors of the serving model to compare training photos by yet."
    if not gone:
        return f"None of {compared} training photos looks like a newer one of its bay."
    alike = f"{gone} of {captures} training photos look like a newer one of their bay"
    return f"{alike}: an epoch could be {share:.0%} shorter."
