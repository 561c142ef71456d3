"""Why a capture was picked, in one plain sentence for the annotator."""

from collections.abc import Mapping

RANDOM = "picked at random, to measure honestly what the sampler saves"
RESET = "the planogram of this bay was reset, and nothing that shows it as it is now is labelled yet"

_LIKELY = 0.5
_NEW, _HARD, _MORE = 1.5, 1.05, 1.25


def support_reason(stratum: str, labelled: int) -> str:
    """Explain a pick for a stratum, such as ``warm/oblique/convenience``, of which so many captures are labelled."""
    so_far = f"only {labelled} of its captures {'is' if labelled == 1 else 'are'} labelled" if labelled else "no label"
    return f"the condition {stratum.replace('/', ', ')} needs labels: {so_far} so far"


def value_reason(
    doubted: int, flip: float, terms: Mapping[str, float], unlike: bool | None, known: bool, by_value: bool
) -> str:
    """Explain a pick by what the capture teaches.

    Args:
        doubted: how many boxes the model doubts.
        flip: probability that a verdict flips.
        terms: of the pick, see ``sampling.rounds.Pick``.
        unlike: whether nothing like it is labelled or picked; None where that played no part.
        known: whether anything was labelled or picked before.
        by_value: whether its value had a say.
    """
    if unlike is None:
        return f"typical of {_percent(terms['cluster_share'])} of the captures, of which few are labelled or none"
    if not by_value:
        return (
            f"stands for many captures that nothing labelled is like; {_likeness(terms['similarity'], unlike, known)}"
        )
    parts = [_doubt(doubted, flip, terms)]
    if terms["novelty"] >= _NEW:
        parts.append("products with few labels or none")
    if terms["difficulty"] >= _HARD:
        parts.append("products that the model finds hard")
    if terms["drift"] >= _MORE:
        parts.append("a condition seen more often than labelled")
    return f"{', '.join(parts)}; {_likeness(terms['similarity'], unlike, known)}"


def _doubt(doubted: int, flip: float, terms: Mapping[str, float]) -> str:
    doubt = f"{doubted} {'box' if doubted == 1 else 'boxes'} the model doubts" if doubted else "no box in much doubt"
    if flip >= _LIKELY and terms["flip"] > 1:
        doubt += f", and with {_percent(flip)} a wrong verdict"
    if terms["value_rank"] > 0.5:
        doubt += f" (more to learn than in {int(100 * terms['value_rank'])} % of the captures)"
    return doubt


def _likeness(similarity: float, unlike: bool, known: bool) -> str:
    if not known:
        return "nothing is labelled yet"
    likeness = "unlike anything labelled so far" if unlike else "a little unlike what is labelled so far"
    return f"{likeness} (likeness {similarity:.2f})"


def _percent(share: float) -> str:
    return "under 1 %" if share < 0.01 else f"{100 * share:.0f} %"
