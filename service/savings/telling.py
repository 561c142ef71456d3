"""Savings in words and as answers."""

from typing import Any

from sampling.evidence.savings import Verdict
from service.records import SavingRecord
from service.savings.queries import Progress
from service.savings.schemas import Figures, SavedAnswer, SavingAnswer


def told(record: SavingRecord) -> SavingAnswer:
    """Return what was measured, as an answer."""
    of_round, so_far = _figures(record.of_round), _figures(record.so_far)
    return SavingAnswer(
        round_id=record.round_id,
        state="measured" if record.error is None else "failed",
        sentence=of_round.sentence if of_round is not None else _why_not(record),
        at=record.at,
        of_round=of_round,
        so_far=so_far,
        losses=record.losses,
    )


def still_waiting(round_id: str, progress: Progress) -> SavingAnswer:
    """Return the answer for a round that is not labelled far enough."""
    sentence = (
        f"{progress.done} of {progress.all} tasks are done; the saving is measured by the worker when half of them are."
    )
    return SavingAnswer(
        round_id=round_id, state="waiting", sentence=sentence, at=None, of_round=None, so_far=None, losses={}
    )


def _why_not(record: SavingRecord) -> str:
    if record.error is not None:
        return f"It could not be measured and is tried again: {record.error}"
    return "Nothing names products yet, so that labels cannot be compared: add references first."


def _figures(kept: dict[str, Any] | None) -> Figures | None:
    if kept is None:
        return None
    figures = Figures.model_validate({**kept, "sentence": ""})
    return figures.model_copy(update={"sentence": _sentence(figures)})


def _sentence(figures: Figures) -> str:
    difference, of = figures.difference, figures.captures
    if difference is None:
        return f"Too few labels to tell{_more(figures)}: {of.judging} random captures judge, {of.random} teach."
    scores = (
        f"After {figures.boxes:.0f} boxes each, picked labels name {_percent(figures.score_picked)} of the facings on "
        f"random photos right, random labels {_percent(figures.score_random)}; the 95 % interval of the difference is "
        f"{100 * difference.low:+.1f} to {100 * difference.high:+.1f} points."
    )
    match figures.verdict:
        case Verdict.ADVANTAGE:
            return scores + _saving(figures.saved)
        case Verdict.RANDOM_BETTER:
            return f"Random labels did better. {scores}"
        case _:
            return f"No advantage shown{_more(figures)}. {scores}"


def _more(figures: Figures) -> str:
    return f" (about {figures.more_random} more random captures needed)" if figures.more_random is not None else ""


def _saving(saved: SavedAnswer | None) -> str:
    if saved is None:
        return ""
    minutes = (saved.random_seconds - saved.picked_seconds) / 60
    interval = f" ({_percent(saved.low)} to {_percent(saved.high)})" if None not in (saved.low, saved.high) else ""
    return (
        f" For the {_percent(saved.score)} that random labels reach with {saved.random_boxes:.0f} boxes, picking needs "
        f"{saved.picked_boxes:.0f}: {_percent(saved.share)}{interval} fewer, about {minutes:.0f} minutes of labelling."
    )


def _percent(share: float | None) -> str:
    return f"{100 * (share or 0):.0f}\N{NO-BREAK SPACE}%"
