"""Which labels are set against which others, round by round.

Never more captures than shadow fits take in minutes: of each part the newest, of the picks as many boxes as the
random arm can set against them.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from sampling.choice.recipes import RECIPES
from sampling.evidence.recipe_evidence import recipe_losses
from sampling.evidence.savings import Saving, is_held_out, measure_saving
from sampling.evidence.shadow_fit import LabelledCapture, discriminant_head
from service.naming.shelf_references import MEASURES
from service.savings.facings import Facings
from service.savings.queries import LabelledTask

_MOST = 200  # captures of a part
_AT_ONCE = 20


class Evidence:
    """The labels of a round and of those before it, and what they say."""

    def __init__(self, facings: Facings, round_id: str, tasks: Sequence[LabelledTask]) -> None:
        """Sort the tasks, which come in the order of rounds and ranks, and read those of the random arm."""
        self._facings, self._seed = facings, int.from_bytes(hashlib.sha256(round_id.encode()).digest()[:4])
        random = [task for task in tasks if task.arm == MEASURES]
        self._judging = facings.of([task for task in random if is_held_out(task.capture_id)][-_MOST:])
        teaching = [task for task in random if not is_held_out(task.capture_id)]
        self._random = facings.of(teaching[-_MOST:])
        picked = [task for task in tasks if task.arm != MEASURES]
        self._new = [task for task in picked if task.round_id == round_id]
        self._old = [task for task in picked if task.round_id != round_id]

    @property
    def is_first(self) -> bool:
        """Whether nothing was picked before the round: `so_far` is then the same as `of_round`."""
        return not self._old

    def of_round(self) -> Saving:
        """Compare the round's picks with random labels, both on top of what was picked before."""
        return self._compared(self._new, self._facings.of(self._old[-_MOST:]))

    def so_far(self) -> Saving:
        """Compare the picks of all rounds with random labels, each round giving its first ones in proportion."""
        return self._compared(first_of_each_round([*self._old, *self._new]), [])

    def losses(self) -> dict[str, float]:
        """Return what the recipes of the round lose to each other, on top of what was picked before.

        All random captures judge: they teach none of these heads.
        """
        of_recipe: dict[str, list[LabelledTask]] = defaultdict(list)
        for task in self._new:
            if task.recipe in RECIPES:
                of_recipe[str(task.recipe)].append(task)
        picked = {name: self._facings.of(tasks[:_MOST]) for name, tasks in of_recipe.items()}
        judging = [*self._judging, *self._random]
        return recipe_losses(picked, judging, discriminant_head, self._seed, self._facings.of(self._old[-_MOST:]))

    def _compared(self, picked: Sequence[LabelledTask], known: Sequence[LabelledCapture]) -> Saving:
        worth = self._worth(picked, sum(capture.boxes for capture in self._random))
        return measure_saving(worth, self._random, self._judging, discriminant_head, self._seed, known)

    def _worth(self, tasks: Sequence[LabelledTask], boxes: int) -> list[LabelledCapture]:
        """Return the first captures that are worth so many boxes, and a few more: no more could be compared."""
        found: list[LabelledCapture] = []
        for begin in range(0, len(tasks), _AT_ONCE):
            if sum(capture.boxes for capture in found) >= boxes:
                break
            found += self._facings.of(tasks[begin : begin + _AT_ONCE])
        return found


def first_of_each_round(tasks: Sequence[LabelledTask]) -> list[LabelledTask]:
    """Return tasks by their place within their round, as a share of it."""
    of_round: dict[str, list[LabelledTask]] = defaultdict(list)
    for task in tasks:
        of_round[task.round_id].append(task)
    spread = [(place / len(found), task) for found in of_round.values() for place, task in enumerate(found)]
    return [task for _, task in sorted(spread, key=lambda entry: entry[0])]
