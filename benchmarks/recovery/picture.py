"""What happened as one picture: a bay at three times, and how well it was seen."""

from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from benchmarks.recovery.counting import Step, f1_of, verdict_f1
from benchmarks.recovery.figures import ROUNDS, Played
from benchmarks.recovery.photos import LONGER_SIDE
from benchmarks.recovery.story import TESTS, Arm, Stage, lamps, worlds

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "recovery.png"
_TICKS = ("before", "new looks,\nnew products", "new\nlight", "new\nplanograms", "round 1", "round 2")
_SHOWN = {Stage.BEFORE: "before", Stage.CATALOGUE: "after the catalogue change", Stage.PLANOGRAMS: "after all three"}
_COLOURS: dict[Arm, str] = {"random": "#777777", "shipped": "#0b6e4f"}
_WORDS: dict[Arm, str] = {"random": "random", "shipped": "picked"}
_THUMBNAIL = 420  # pixels of the longer side


def draw(played: Mapping[int, Played], bay_id: str, path: Path = PICTURE) -> None:
    """Write the picture; `bay_id` names the bay of the first seed that is shown."""
    figure = Figure(figsize=(10, 7.2), layout="constrained")
    seed = next(iter(played))
    grid = figure.add_gridspec(2, 6, height_ratios=(1, 1.25))
    for place, (stage, words) in enumerate(_SHOWN.items()):
        axes = figure.add_subplot(grid[0, 2 * place : 2 * place + 2])
        axes.imshow(_photo(seed, stage, bay_id))
        axes.set_title(words, fontsize=9)
        axes.axis("off")
    _panel(figure.add_subplot(grid[1, :3]), played, f1_of, "facings found and named rightly, F1")
    _panel(figure.add_subplot(grid[1, 3:]), played, verdict_f1, "verdicts on the bay, macro-F1")
    figure.savefig(path, dpi=90, metadata={"Software": None})


def _panel(axes: Axes, played: Mapping[int, Played], score: Callable[[Step], float], title: str) -> None:
    for arm, colour in _COLOURS.items():
        lines = np.array([_line(one, arm, score) for one in played.values()])
        axes.plot(lines.T, color=colour, lw=0.7, alpha=0.5)
        axes.plot(lines.mean(0), color=colour, lw=2.4, marker="o", ms=4, label=_WORDS[arm])
    level = float(np.mean([_line(one, "shipped", score)[0] for one in played.values()]))
    axes.axhline(level, color="#b03030", lw=1, ls="--")
    axes.axvspan(0.5, 3.5, color="#d98c00", alpha=0.08, lw=0)
    axes.set(title=title, xticks=range(len(_TICKS)))
    axes.set_xticklabels(_TICKS, fontsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25, lw=0.6)
    axes.legend(frameon=False, fontsize=8)


def _line(played: Played, arm: Arm, score: Callable[[Step], float]) -> list[float]:
    steps = {step["step"]: step for step in (*played["champion"], *played[arm])}
    return [score(steps[name]) for name in (*Stage, *ROUNDS)]


def _photo(seed: int, stage: Stage, bay_id: str) -> NDArray[np.uint8]:
    day = TESTS[stage].days[0]
    image = worlds(seed)[stage].capture(bay_id, day, lighting=lamps(stage), width=LONGER_SIDE).image
    scale = _THUMBNAIL / max(image.shape)
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
