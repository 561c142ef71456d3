"""What a detector is judged with beside labels: planograms, categories, and the gallery that names now."""

from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from retail.planograms import Planogram
from service.context import Context
from service.naming.queries import families
from service.naming.serving import Naming
from service.planograms.queries import in_force
from service.retrainings.evaluation_queries import any_reference, categories, taught_captures
from training.captures import LabelledCapture
from training.snapshots import Snapshot
from vision.gallery import Assortment
from vision.recognition import Recogniser

if TYPE_CHECKING:
    from training.evaluation import Knowledge

PART = ":"  # between the id of a capture and the tile of it that was labelled


def knowledge_of(context: Context, snapshot: Snapshot) -> "Knowledge":
    """Return what is known of a snapshot's validation captures."""
    from training.evaluation import Knowledge

    validation = snapshot.split.validation
    whole = {capture.capture_id: _whole(capture) for capture in validation}
    with context.database.read() as session:
        taught = taught_captures(session, set(whole.values()))
        return Knowledge(
            trained=Counter(box.gtin for capture in snapshot.split.train for box in capture.boxes if box.gtin),
            categories=categories(session),
            families=families(session),
            planograms=_planograms(session, [one for one in validation if one.capture_id == whole[one.capture_id]]),
            taught=frozenset(id for id, capture_id in whole.items() if capture_id in taught),
        )


class Names:
    """What names facings now; loaded for one evaluation and dropped with it."""

    def __init__(self, context: Context) -> None:
        """Load the gallery, if there is any picture to compare facings with.

        Raises:
            Problem: naming-not-loaded.
        """
        self._naming = Naming(
            context.settings, context.database, context.images, context.naming.embedders, context.clock
        )
        with context.database.read() as session:
            wanted = context.settings.naming.enabled and any_reference(session)
        if wanted:
            self._naming.refresh()
        self._model = self._naming.current() if wanted else None

    @property
    def recogniser(self) -> Recogniser | None:
        """None where facings are not named."""
        return None if self._model is None else self._model.recogniser

    def assortment_of(self, store_id: str) -> Assortment | None:
        """Return what a store carries, None for everything."""
        return None if self._model is None else self._naming.assortment_of(self._model, store_id)


def _whole(capture: LabelledCapture) -> str:
    return capture.capture_id.partition(PART)[0]


def _planograms(session: Session, captures: list[LabelledCapture]) -> dict[str, Planogram]:
    found = {(one.bay_id, one.day): in_force(session, one.bay_id, one.day) for one in captures}
    wanted = ((one.capture_id, found[one.bay_id, one.day]) for one in captures)
    return {capture_id: planogram for capture_id, planogram in wanted if planogram is not None}
