"""The curves as a picture for the README."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sampling.simulation.contestants import OURS, RANDOM
from sampling.simulation.findings import SHARE_OF_FULL, grouped
from sampling.simulation.protocol import Curve
from sampling.simulation.statistics import band

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "label_efficiency.svg"
_COLOURS = {RANDOM: "#777777", OURS: "#0b6e4f", "margin": "#d98c00", "core-set": "#3f6fb5", "TypiClust": "#a3559b"}
_WITH_BAND = (RANDOM, OURS)


def draw(sets: Mapping[str, Sequence[Curve]], path: Path = PICTURE) -> None:
    """Write one panel for each set: boxes labelled against the score, means over seeds and 95 % bands."""
    # Text stays text and ids do not depend on chance, so that the same curves give the same file.
    with mpl.rc_context({"svg.hashsalt": "shelfloop", "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure = Figure(figsize=(4.6 * len(sets), 3.6), layout="constrained")
        for axes, (name, curves) in zip(np.atleast_1d(figure.subplots(1, len(sets))), sets.items(), strict=True):
            _panel(axes, name, curves)
        figure.savefig(path, metadata={"Date": None})


def _panel(axes: Axes, name: str, curves: Sequence[Curve]) -> None:
    by_recipe = grouped(curves)
    for recipe, colour in _COLOURS.items():
        mine = by_recipe[recipe]
        points = min(len(curve.scores) for curve in mine)  # a loop that has settled ends sooner
        boxes = np.mean([curve.boxes[:points] for curve in mine], 0)
        mean, low, high = band([curve.scores[:points] for curve in mine])
        axes.plot(boxes, mean, color=colour, lw=2.2 if recipe == OURS else 1.4, label=recipe)
        if recipe in _WITH_BAND:
            axes.fill_between(boxes, low, high, color=colour, alpha=0.18, lw=0)
    full = float(np.mean([curve.full_score for curve in curves]))
    axes.axhline(SHARE_OF_FULL * full, color="#b03030", lw=1, ls="--", label=f"95 % of all {curves[0].full_boxes:,}")
    axes.set(title=name, xlabel="boxes labelled", ylabel="share named rightly")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25, lw=0.6)
    axes.legend(frameon=False, loc="lower right", fontsize=8)
