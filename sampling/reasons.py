"""Why a capture was picked, in one plain sentence for the annotator."""

RANDOM = "picked at random, to measure honestly what the sampler saves"


def value_reason(doubted: int, rank: float, distance: float, unlike: bool, anything_labelled: bool) -> str:
    """Explain a pick by its doubted boxes, its rank by value (0..1) and its cosine distance to what is labelled."""
    doubt = f"{doubted} {'box' if doubted == 1 else 'boxes'} the model doubts" if doubted else "no box in much doubt"
    if rank > 0.5:
        doubt += f" (more to learn than in {int(100 * rank)} % of the captures)"
    if not anything_labelled:
        return f"{doubt}; nothing is labelled yet"
    likeness = "unlike anything labelled so far" if unlike else "a little unlike what is labelled so far"
    return f"{doubt}; {likeness} (distance {distance:.2f})"
