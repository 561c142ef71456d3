"""Which recipe to trust: Hedge over recipes, by what their picks were worth.

Freund and Schapire, A decision-theoretic generalization of on-line learning, JCSS 55, 1997: a recipe's weight falls
exponentially with its losses. After each round every weight is mixed with the prior (fixed share; Herbster and Warmuth,
Tracking the best expert, Machine Learning 32, 1998), so that a recipe that was bad while little was labelled comes back
once it is good. A recipe without a loss in a round, for want of labels, keeps its weight among those without (a
specialist that slept; Freund et al., Using and combining predictors that specialize, STOC 1997).

The state is the weights themselves, a value that fits into JSON.
"""

from collections.abc import Mapping
from math import exp

# ln(N) / RATE + RATE × T / 8 is least at sqrt(8 ln(N) / T): five recipes over ten rounds.
RATE = 1.1
SHARE = 0.05
FLOOR = 0.02

Weights = Mapping[str, float]


def updated(weights: Weights, losses: Weights, prior: Weights, rate: float = RATE, share: float = SHARE) -> Weights:
    """Return the weights after a round.

    Args:
        weights: of all recipes, above 0, before the round; the prior before the first one.
        losses: 0..1, of those recipes that showed one; others of the recipes slept.
        prior: what the weights are mixed with; its names are the recipes.
        rate: how fast a loss counts.
        share: part of all weight that goes back to the prior.

    Raises:
        ValueError: for a loss outside 0..1 or of a recipe that there is not.
    """
    if unknown := losses.keys() - prior.keys():
        raise ValueError(f"no recipe is named {sorted(unknown)[0]!r}: there are {', '.join(prior)}")
    if outside := [name for name, loss in losses.items() if not 0 <= loss <= 1]:
        raise ValueError(f"the loss of {outside[0]} is {losses[outside[0]]}, expected 0..1")
    awake = sum(weights[name] for name in losses)
    faded = {name: weights[name] * exp(-rate * loss) for name, loss in losses.items()}
    scale = awake / sum(faded.values()) if losses else 1.0
    after = {name: faded.get(name, 0) * scale if name in losses else weights[name] for name in prior}
    total = sum(after.values())
    return {name: (1 - share) * after[name] / total + share * prior[name] for name in prior}


def weights_after(rounds: list[Weights], prior: Weights) -> Weights:
    """Return the weights after rounds in their order, each given by its losses; nothing else has to be kept."""
    weights = prior
    for losses in rounds:
        weights = updated(weights, losses, prior)
    return weights


def shares(weights: Weights, floor: float = FLOOR) -> dict[str, float]:
    """Return each recipe's share of the value arm, summing to 1, none below the floor.

    What stays above the floor is shared by weight; a recipe without picks could never show that it became good.

    Raises:
        ValueError: if the floors alone exceed 1.
    """
    if floor * len(weights) > 1:
        raise ValueError(f"{len(weights)} recipes cannot have {floor} each")
    total = sum(weights.values())
    return {name: floor + (1 - floor * len(weights)) * weight / total for name, weight in weights.items()}
