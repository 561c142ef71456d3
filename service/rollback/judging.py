"""Whether a model does worse in service than the one that it replaced."""

import scipy

from service.models.use_queries import Use
from service.settings import RollbackSettings

# Of a chance of so many errors if the model failed as seldom as is allowed: looked at every few seconds for an hour,
# one in ten thousand would be met by chance.
_CHANCE = 1e-6
LEAST_TIMED = 50  # passes of either model from which their mean time says something


def fails_more(new: Use, old: Use, settings: RollbackSettings) -> str | None:
    """Say in words that more passes fail than may; None where that is not certain.

    The share that may fail is the former model's and the tolerance. Exact binomial test, one-sided.
    """
    before = old.errors / old.passes if old.passes else 0.0
    allowed = min(1.0, before + settings.errors)
    if not new.errors or scipy.stats.binom.sf(new.errors - 1, new.passes, allowed) > _CHANCE:
        return None
    return f"{new.errors} of {new.passes} passes failed, of the model before {old.errors} of {old.passes}"


def seems_slow(new: Use, old: Use, settings: RollbackSettings) -> bool:
    """Say whether passes take longer than they may; more photos at once are a reason for that, too."""
    if min(new.answered, old.answered) < LEAST_TIMED:
        return False
    return (new.milliseconds or 0) > settings.latency * (old.milliseconds or 0)
