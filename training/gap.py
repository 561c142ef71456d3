"""Which light to practise: the gap between the light that cameras see and the light that was labelled."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from retail.conditions import Condition, Lighting

LEAST_DEPLOYED = 30  # live captures; the shares of fewer are chance
_ANY_LIGHT = 0.05  # least share of each light among the relit photos: what is rare today may be common tomorrow
_WORTH_A_WORD = 0.1  # of a share: a smaller gap is not mentioned


@dataclass(frozen=True, slots=True)
class GapWeights:
    """How much each light is practised, and why.

    Attributes:
        lighting: weight of each light's preset among the photos that are relit; they sum to 1. Empty where too little
            is known to weigh them.
        reason: in words.
    """

    lighting: Mapping[Lighting, float]
    reason: str


def preset_weights(deployed: Mapping[str, int], trained: Mapping[str, int], relit: float = 0.6) -> GapWeights:
    """Weigh the lighting presets so that a fit shows the lights in the shares in which cameras meet them.

    A share r of the photos is relit by weights w, the others keep their light, of shares t. They are seen as
    (1 - r) t + r w; that is the deployed d where w = (d - (1 - r) t) / r. Where r is too small for that, and a light
    would need less than nothing, the others share what is left in proportion. Angle and format cannot be practised by
    a change of colours: only the lighting of the strata counts.

    Args:
        deployed: live captures by stratum, ``lighting/angle/format``.
        trained: captures to train on by stratum.
        relit: the share of photos that will be relit, in 0..1.

    Raises:
        ValueError: for a name that is no stratum.
    """
    live, seen = _lights(deployed), _lights(trained)
    if live.total() < LEAST_DEPLOYED or not seen.total() or not relit:
        return GapWeights({}, f"light is practised as configured: {live.total()} live captures do not show a gap")
    wanted = {light: live[light] / live.total() for light in Lighting}
    shown = {light: seen[light] / seen.total() for light in Lighting}
    missing = {light: max(0.0, wanted[light] - (1 - relit) * shown[light]) for light in Lighting}
    rest = 1 - _ANY_LIGHT * len(Lighting)
    weights = {light: _ANY_LIGHT + rest * part / sum(missing.values()) for light, part in missing.items()}
    return GapWeights(weights, _told(wanted, shown, weights))


def _lights(strata: Mapping[str, int]) -> Counter[Lighting]:
    lights: Counter[Lighting] = Counter()
    for stratum, count in strata.items():
        lights[Condition.from_stratum(stratum).lighting] += count
    return lights


def _told(wanted: Mapping[Lighting, float], shown: Mapping[Lighting, float], weights: Mapping[Lighting, float]) -> str:
    gaps = sorted(Lighting, key=lambda light: shown[light] - wanted[light])
    named = [
        f"{light} light is {wanted[light]:.0%} of the live captures and {shown[light]:.0%} of the training set, "
        f"so it gets {weights[light]:.0%} of the relit photos"
        for light in gaps
        if wanted[light] - shown[light] >= _WORTH_A_WORD
    ]
    return "; ".join(named) or "the training set has the lights of the live captures: they are practised as they come"
