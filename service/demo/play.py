"""The demo from start to table."""

from pathlib import Path

from rich import print

from service.demo.comparison import comparison_table, measure, verdicts
from service.demo.installation import Installation
from service.demo.loop import Loop, progress_bars
from service.demo.own_photos import find_photos, show_own_photos
from service.demo.shelves import HELD_OUT_DAYS, POOL_DAYS, SPEC, photograph
from training.synthetic.world import ShelfWorld


def play(installation: Installation, annotator_minutes: float) -> None:
    """Play one loop on generated stores, with a random arm of equal budget beside it, and print what changed."""
    world = ShelfWorld.build(SPEC)
    with progress_bars() as progress, Loop(installation, progress) as loop:
        loop.register(world)
        captures = loop.send(photograph(world, POOL_DAYS), len(world.bays) * len(POOL_DAYS))
        held_out = list(
            progress.track(
                photograph(world, HELD_OUT_DAYS), len(world.bays) * len(HELD_OUT_DAYS), description="Held-out captures"
            )
        )
        truths = [photo.truth for photo in held_out]
        before = measure(truths, loop.analyze(held_out, "Measured before"))
        made = loop.start_round(annotator_minutes)
        costs = loop.label(captures, {pick["capture_id"]: pick["arm"] for pick in made["picks"]})
        # The one that is never promoted first: both start from the model that serves now, so only their labels differ.
        ended = {arm: loop.follow(loop.start_retraining(arm), f"Retraining, {arm} arm") for arm in ("random", "value")}
        after = {}
        for arm, state in ended.items():
            with loop.serving(state["candidate_version"]):
                after[arm] = measure(truths, loop.analyze(held_out, f"Measured, {arm} arm"))
    print(comparison_table(before, after["value"], after["random"], costs, [photo.lighting for photo in held_out]))
    for sentence in (*verdicts(before, after["value"], after["random"]), _promotion(ended["value"])):
        print(sentence)


def _promotion(state: dict[str, object]) -> str:
    version = state["candidate_version"]
    if state["state"] == "promoted":
        return f"Model {version}, from the picked labels, passed the gate and serves now."
    return f"Model {version}, from the picked labels, did not pass the gate: the starter keeps serving."


def play_own_photos(installation: Installation, folder: Path) -> None:
    """Show what the starter sees in a person's own photos."""
    photos = find_photos(folder)
    with progress_bars() as progress, Loop(installation, progress) as loop:
        table = show_own_photos(loop, photos, progress)
    print(table)
