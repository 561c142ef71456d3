"""All recipes that a study compares, by the name that its tables use."""

from collections.abc import Mapping
from typing import Any

from sampling.rounds import RoundConfig
from sampling.simulation.adaptive import Adaptive
from sampling.simulation.controls import at_random, oracle, shuffled, stratified
from sampling.simulation.doubting import entropy_mean, entropy_sum, least_confidence, margin
from sampling.simulation.ppal import ppal
from sampling.simulation.rounds import Round
from sampling.simulation.situation import Recipe
from sampling.simulation.spreading import core_set, typiclust
from sampling.terms.weights import TermWeights

RANDOM, OURS, SHUFFLED, ORACLE = "random", "ours", "ours, shuffled", "oracle"
ADAPTIVE = "ours, adaptive"
IN_ALL_ARMS = "ours in all arms"
WARM = "ours, random start"


def _value_arm(**changes: Any) -> Round:
    """Return rounds that spend the whole budget by value: the other arms serve measuring, not teaching."""
    return Round(RoundConfig(boxes=1, random_share=0, support_share=0, event_share=0, **changes))


_PUBLISHED: Mapping[str, Recipe] = {
    RANDOM: at_random,
    "stratified random": stratified,
    "least confidence": least_confidence,
    "margin": margin,
    "entropy, sum": entropy_sum,
    "entropy, mean": entropy_mean,
    "core-set": core_set,
    "TypiClust": typiclust,
    "PPAL-style": ppal,
}
PUBLISHED = tuple(_PUBLISHED)

# The sampler's own recipes, each alone; `value` and `typical` are left to margin and TypiClust.
_OURS = _value_arm(recipe="covering_value")
_FIXED: Mapping[str, Recipe] = {
    OURS: _OURS,
    "distant value": _value_arm(recipe="distant_value"),
    "covering": _value_arm(recipe="covering"),  # which is ours without its values
}
FIXED = tuple(_FIXED)

WITH_LOOKS = "ours with looks"  # likeness within a class


def _other_way_round(term: str, weight: float) -> tuple[str, Recipe]:
    """Switch a term that is on by default off, and one that is off on."""
    name = f"ours without {term}" if weight else f"ours with {term}"
    weights = TermWeights(**{term: 0.0 if weight else 1.0})
    return name, _value_arm(recipe="covering_value", terms=weights)


_ABLATIONS: Mapping[str, Recipe] = {
    WITH_LOOKS: _value_arm(recipe="covering_value", looks=True),
    **dict(
        _other_way_round(term, weight)
        for term, weight in TermWeights()
        if term not in ("flip", "cost")  # no set has verdicts, and in each a box is a facing
    ),
}
ABLATIONS = tuple(_ABLATIONS)

_ALWAYS: Mapping[str, Recipe] = {
    **_PUBLISHED,
    **_FIXED,
    **_ABLATIONS,
    WARM: _OURS,
    IN_ALL_ARMS: Round(RoundConfig(boxes=1, recipe="covering_value")),
    SHUFFLED: shuffled(_OURS),
    ORACLE: oracle,
}


def start(name: str) -> Recipe:
    """Return a recipe at the start of a loop: the adaptive one remembers its loop, the others nothing.

    Raises:
        KeyError: if there is none of that name.
    """
    return Adaptive(Round(RoundConfig(boxes=1))) if name == ADAPTIVE else _ALWAYS[name]


CONTESTANTS = (*_ALWAYS, ADAPTIVE)
# These choose their first labels, too, as the service does; the others cannot, or are published with a random start.
STARTING_COLD = frozenset({*FIXED, *ABLATIONS, ADAPTIVE, IN_ALL_ARMS})
