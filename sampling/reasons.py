"""Why a capture was picked, in one plain sentence for the annotator."""

RANDOM = "picked at random, to measure honestly what the sampler saves"
RESET = "the planogram of this bay was reset, and nothing that shows it as it is now is labelled yet"

_LIKELY = 0.5


def value_reason(doubted: int, flip: float, rank: float, distance: float, unlike: bool, anything_labelled: bool) -> str:
    """Explain a pick.

    Args:
        doubted: how many boxes the model doubts.
        flip: probability that a verdict flips, 0 where that did not count.
        rank: among the pool's captures by value, 0..1.
        distance: cosine distance to what is labelled.
        unlike: whether that is far.
        anything_labelled: whether there is anything to be unlike.
    """
    doubt = f"{doubted} {'box' if doubted == 1 else 'boxes'} the model doubts" if doubted else "no box in much doubt"
    if flip >= _LIKELY:
        doubt += f", and with {100 * flip:.0f} % a wrong verdict"
    if rank > 0.5:
        doubt += f" (more to learn than in {int(100 * rank)} % of the captures)"
    if not anything_labelled:
        return f"{doubt}; nothing is labelled yet"
    likeness = "unlike anything labelled so far" if unlike else "a little unlike what is labelled so far"
    return f"{doubt}; {likeness} (distance {distance:.2f})"
