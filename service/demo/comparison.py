"""What the loop changed, measured on captures that nobody labelled."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.table import Table

from labeling.agreement import Agreement, agreement
from labeling.annotations import AnnotatedBox
from sampling.evidence.arms import Difference, difference
from service.demo.loop import Labelled

Answers = Sequence[Sequence[AnnotatedBox]]


@dataclass(frozen=True, slots=True)
class Measured:
    """Answers of one model compared with the truth, one entry a photo."""

    facings: list[Agreement]
    everything: list[Agreement]

    @property
    def found(self) -> float:
        """Share of the true facings that were found at IoU 0.5."""
        return _share(sum(a.matched for a in self.facings), sum(a.matched + a.only_a for a in self.facings))

    @property
    def right(self) -> float:
        """Share of the answered facings that are facings."""
        return _share(sum(a.matched for a in self.facings), sum(a.matched + a.only_b for a in self.facings))

    @property
    def named(self) -> float:
        """Share of the facings found that were given their product's name."""
        return _share(sum(a.same_label for a in self.facings), sum(a.matched for a in self.facings))

    @property
    def scores(self) -> list[float]:
        """F1 of each photo over boxes of all kinds."""
        return [a.f1 for a in self.everything]


def measure(truths: Answers, answers: Answers) -> Measured:
    """Compare a model's answers with the truth, photo by photo; a box counts only with its right kind."""
    facings, everything = [], []
    for truth, answer in zip(truths, answers, strict=True):
        by_kind = [agreement(_of(truth, kind), _of(answer, kind)) for kind in ("facing", "shelf", "tag", "gap")]
        facings.append(by_kind[0])
        everything.append(
            Agreement(
                sum(a.matched for a in by_kind), sum(a.only_a for a in by_kind), sum(a.only_b for a in by_kind), 0
            )
        )
    return Measured(facings, everything)


def comparison_table(
    before: Measured, value: Measured, random: Measured, costs: dict[str, Labelled], lightings: Sequence[str]
) -> Table:
    """Lay the three models side by side."""
    table = Table(title=f"{len(lightings)} held-out captures, IoU 0.5", title_justify="left")
    for column in ("", "before", "picked labels", "random labels"):
        table.add_column(column, justify="left" if not column else "right")
    models = (before, value, random)
    arms = [costs["value"], costs["random"]]
    table.add_row("photos labelled", "0", *(str(c.photos) for c in arms))
    table.add_row("boxes labelled", "0", *(str(c.boxes) for c in arms))
    table.add_row("annotator minutes (modelled)", "0", *(f"{c.seconds / 60:.0f}" for c in arms), end_section=True)
    table.add_row("facings found", *(f"{m.found:.1%}" for m in models))
    table.add_row("facings answered rightly", *(f"{m.right:.1%}" for m in models))
    table.add_row("… named, of those found", *(f"{m.named:.1%}" for m in models))
    table.add_row("F1, all kinds, mean photo", *(f"{np.mean(m.scores):.3f}" for m in models), end_section=True)
    for lighting, rows in _by_lighting(lightings).items():
        table.add_row(
            f"F1 under {lighting} light ({len(rows)})", *(f"{np.mean([m.scores[i] for i in rows]):.3f}" for m in models)
        )
    return table


def verdicts(before: Measured, value: Measured, random: Measured) -> list[str]:
    """Say in words what the table shows, with 95 % intervals bootstrapped over the captures."""
    gained = difference(value.scores, before.scores, seed=7, paired=True)
    saved = difference(value.scores, random.scores, seed=7, paired=True)
    return [
        f"Picked labels against before: {_words(gained, 'better', 'worse')}.",
        f"Picked against random labels: {_words(saved, 'picked is better', 'random is better')}.",
    ]


def _words(change: Difference, up: str, down: str) -> str:
    interval = f"F1 {change.mean:+.3f}, 95 % interval {change.low:+.3f} to {change.high:+.3f}"
    if change.low <= 0 <= change.high:
        return f"no difference shown ({interval})"
    return f"{up if change.mean > 0 else down} ({interval})"


def _of(boxes: Sequence[AnnotatedBox], kind: str) -> list[AnnotatedBox]:
    return [box for box in boxes if box.kind == kind]


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _by_lighting(lightings: Sequence[str]) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = defaultdict(list)
    for row, lighting in enumerate(lightings):
        rows[lighting].append(row)
    return dict(sorted(rows.items()))
