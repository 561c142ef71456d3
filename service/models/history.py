"""Which model served before: the moves of the champion alias, read as a stack."""

from collections.abc import Iterable, Sequence

from service.problems import Problem
from service.records import PromotionRecord


def champions_by_age(promotions: Iterable[PromotionRecord]) -> list[int]:
    """Replay moves, oldest first, and return the versions a rollback can reach, the serving one last.

    A promotion puts its version on top, a rollback takes the top away: rolled back again, one goes further back,
    and what was rolled back is only ever reached by promoting it again.
    """
    stack: list[int] = []
    for move in promotions:
        if move.action == "rollback":
            stack.pop()
        else:
            stack.append(move.model_version)
    return stack


def version_before(promotions: Sequence[PromotionRecord]) -> int:
    """Return the version that a rollback would bring back.

    Raises:
        Problem: nothing-to-roll-back, where the starter serves and nothing was before it.
    """
    stack = champions_by_age(promotions)
    if len(stack) < 2:
        raise Problem(
            409,
            "nothing-to-roll-back",
            f"Model {stack[-1]} serves, and no model served before it." if stack else "No model serves yet.",
            remedy="Promote another model instead.",
        )
    return stack[-2]
