"""`shelfloop simulate`: what the sampler would have saved on labels that are all known."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from sampling.simulation.contestants import OURS, PUBLISHED, RANDOM
from sampling.simulation.findings import Finding, findings
from sampling.simulation.head import fit_head
from sampling.simulation.labelled_set import LabelledSet
from sampling.simulation.protocol import Curve, Schedule, World, top1
from sampling.simulation.study import Study, run
from service.cli.terminal import fail, output
from service.scale.cluster import ScaleMissing, connected
from service.scale.simulating import curves_on
from service.simulation.reading import BadLabels, read_labels
from vision.embedder import load_embedder

_QUICK = (RANDOM, "margin", OURS)


def simulate(
    labels: Annotated[
        Path,
        typer.Option(
            help="Labels that are all known: a folder of photos with COCO's annotations.json, "
            "or an .npz with vectors, labels and, if there are any, captures and groups."
        ),
    ],
    quick: Annotated[bool, typer.Option("--quick", help="Three recipes, three seeds.")] = False,
    seeds: Annotated[int | None, typer.Option(min=2, help="How many; each judges on other photos.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write all numbers there as JSON.")] = None,
    ray: Annotated[str | None, typer.Option(help="Play on this Ray cluster; `local` starts one here.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="With --ray: processes that play at once.")] = 2,
) -> None:
    """Hide known labels, buy them back as each recipe would, and say how many boxes that takes.

    A head on frozen vectors is fitted after each batch and judged on photos that share no scene with the pool.
    """
    try:
        known = read_labels(labels, load_embedder)
    except BadLabels as error:
        fail(str(error))
    schedule = schedule_for(known)
    study = Study(
        World(known, fit_head, top1, schedule),
        _QUICK if quick else (*PUBLISHED, OURS),
        range(seeds or (3 if quick else 10)),
    )
    found = findings(list(run(study, processes=1)) if ray is None else _on_cluster(study, ray, workers))
    _print(known, found)
    if out is not None:
        out.write_text(json.dumps(_as_json(known, schedule, found), indent=2) + "\n")


def schedule_for(known: LabelledSet) -> Schedule:
    """Return rounds of 0.03 of all boxes, up to 0.75 of them where that is needed; a fifth judges."""
    step = max(1, round(0.03 * int(known.boxes.sum())))
    return Schedule(first=step, step=step, rounds=12, late_rounds=12)


def _on_cluster(study: Study, address: str, workers: int) -> list[Curve]:
    try:
        with connected(address, workers) as cluster:
            return curves_on(study, cluster)
    except ScaleMissing as missing:
        fail(str(missing))


def _print(known: LabelledSet, found: Sequence[Finding]) -> None:
    output.print(
        f"{known.name}: {len(known.boxes)} captures, {known.boxes.sum()} boxes of {known.classes} products. "
        f"Boxes to 95 % of the score that all labels of the pool give:"
    )
    table = Table("recipe", "boxes", "of all", "saved", "95 % interval", "p (Holm)", "seeds that got there")
    for finding in found:
        table.add_row(
            finding.recipe,
            _shown(finding.mean_boxes, ".0f"),
            _shown(finding.share, ".0%"),
            "–" if finding.saved is None else f"{finding.saved.mean:.0%}",
            "–" if finding.saved is None else f"{finding.saved.low:.0%} to {finding.saved.high:.0%}",
            _shown(finding.p, ".3f"),
            f"{finding.reached} of {finding.seeds}",
        )
    output.print(table)
    ours = next(finding for finding in found if finding.recipe == OURS)
    if ours.saved is None:
        output.print("Not every seed got there within the schedule, so no saving is claimed.")
    elif ours.saved.low <= 0:
        output.print("No advantage shown: the interval includes zero.")


def _shown(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def _as_json(known: LabelledSet, schedule: Schedule, found: Sequence[Finding]) -> dict[str, Any]:
    return {
        "set": known.name,
        "captures": len(known.boxes),
        "boxes": int(known.boxes.sum()),
        "schedule": {"first": schedule.first, "step": schedule.step, "rounds": schedule.rounds},
        "recipes": [asdict(finding) for finding in found],
    }
