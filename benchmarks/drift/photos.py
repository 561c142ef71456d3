"""Cameras of drawn stores, and what their photos say about the light: every photo in each light of the shelf world.

A photo is painted once and then lit six times, so that two lights differ in nothing but the light. Each camera has a
store of its own. Its photos are of one of four kinds: taken from one place or by hand, and every photo with light of
its own or all photos of one visit in the very same light (lamps, exposure, tone curve, noise).
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from retail.boxes import DetectionKind
from retail.conditions import Lighting, ViewingAngle
from training.synthetic.camera import Shot, View, choose_view, frame
from training.synthetic.fixtures import FixtureStyle
from training.synthetic.lettering import Image
from training.synthetic.lighting import expose
from training.synthetic.occluders import reflect, stand_in_the_way
from training.synthetic.photographs import paint_aisle
from training.synthetic.seeds import stream
from training.synthetic.world import ShelfWorld, WorldSpec
from vision.artefact import read_metadata
from vision.conditions import light_statistics
from vision.detector import Detector
from vision.runtime import load_runtime
from vision.starter import ARTEFACT

LONGER_SIDE, INPUT_SIZE = 256, 256  # pixels: light is a coarse thing, and time is short
BAYS, VISITS = 6, 64
SCALARS = ("luminance", "clipped", "temperature", "gradient", "confidence", "gaps", "facings")


@dataclass(frozen=True, slots=True)
class CameraKind:
    """How a camera is used.

    Attributes:
        fixed: whether it always stands in the same place before a bay.
        shared: whether all photos of one visit have the same luck with the light.
    """

    fixed: bool
    shared: bool

    def __str__(self) -> str:
        return f"{'fixed' if self.fixed else 'phone'}, {'a light a visit' if self.shared else 'a light a photo'}"


KINDS = tuple(CameraKind(fixed, shared) for fixed in (True, False) for shared in (True, False))


@dataclass(frozen=True, slots=True, eq=False)
class Bank:
    """All photos of one camera: v visits, b bays, six lights.

    Attributes:
        scalars: (v, b, 6, s) float64, s as `SCALARS` names them.
        vectors: (v, b, 6, k) float32 image vectors of unit length.
    """

    kind: CameraKind
    seed: int
    scalars: NDArray[np.float64]
    vectors: NDArray[np.float32]


def draw_banks(seeds: Sequence[int], processes: int, folder: Path | None = None) -> list[Bank]:
    """Photograph one store a seed, the kinds of camera in turn.

    Args:
        seeds: of the stores.
        processes: how many draw at once.
        folder: where banks are kept that were drawn already; they are as good as the code that drew them.
    """
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return [_bank(pool, seed, number % len(KINDS), folder) for number, seed in enumerate(seeds)]


def _bank(pool: ProcessPoolExecutor, seed: int, kind: int, folder: Path | None) -> Bank:
    kept = None if folder is None else folder / f"{seed}-{kind}.npz"
    if kept is None or not kept.exists():
        parts = [(seed, kind, visit) for visit in range(VISITS)]
        seen = list(track(pool.map(_visit, parts, chunksize=8), f"store {seed}", len(parts)))
        bank = Bank(KINDS[kind], seed, np.stack([s for s, _ in seen]), np.stack([v for _, v in seen]))
        if kept is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            np.savez(kept, scalars=bank.scalars, vectors=bank.vectors)
        return bank
    with np.load(kept) as arrays:
        return Bank(KINDS[kind], seed, arrays["scalars"], arrays["vectors"])


def _visit(part: tuple[int, int, int]) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Return scalars (b, 6, s) and vectors (b, 6, k) of one visit."""
    seed, kind, visit = part
    world, detector = _world(seed), _detector()
    photos = [
        [_measured(detector, lit) for lit in _in_each_light(world, bay.id, visit, KINDS[kind])] for bay in world.bays
    ]
    scalars = np.array([[scalar for scalar, _ in bay] for bay in photos])
    return scalars, np.array([[vector for _, vector in bay] for bay in photos], np.float32)


def _in_each_light(world: ShelfWorld, bay_id: str, visit: int, kind: CameraKind) -> Iterator[Image]:
    seed = world.spec.seed
    canvas, _ = paint_aisle(world, bay_id, visit, _view(world, bay_id, visit, kind))
    image, ids = canvas.to_picture()
    stand_in_the_way(image, ids, stream(seed, "occluders", bay_id, visit))
    if FixtureStyle.of(world.layouts[bay_id]).glass:
        image = reflect(image, stream(seed, "glass", bay_id, visit))
    for light in Lighting:
        lamps = stream(seed, "light", "" if kind.shared else bay_id, visit, light)
        yield expose(image, light, lamps, world.spec.light)


def _view(world: ShelfWorld, bay_id: str, visit: int, kind: CameraKind) -> View:
    seed, layout = world.spec.seed, world.layouts[bay_id]
    bay = (layout.width, layout.height)
    if kind.fixed:
        return frame(stream(seed, "view", bay_id), bay, Shot(yaw=8.0), LONGER_SIDE)
    luck = stream(seed, "view", bay_id, visit)
    angle = tuple(ViewingAngle)[int(luck.choice(len(ViewingAngle), p=[0.55, 0.33, 0.12]))]
    return choose_view(luck, bay, angle, LONGER_SIDE)


def _measured(detector: Detector, image: Image) -> tuple[list[float], NDArray[np.float32]]:
    light, found = light_statistics(image), detector.detect(image)
    kinds = [detector.metadata.kind_of(class_id) for class_id in found.class_ids.tolist()]
    facing = np.array([kind is DetectionKind.FACING for kind in kinds], bool)
    gaps = sum(kind is DetectionKind.GAP for kind in kinds)
    confidence = float(found.confidences[facing].mean()) if facing.any() else float("nan")
    scalars = [light.luminance, light.clipped, light.temperature, light.gradient, confidence, gaps, facing.sum()]
    return [float(scalar) for scalar in scalars], found.image_vector


@lru_cache(maxsize=1)
def _world(seed: int) -> ShelfWorld:
    return ShelfWorld.build(WorldSpec(seed, stores=1, bays_per_store=BAYS))


@lru_cache(maxsize=1)
def _detector() -> Detector:
    cv2.setNumThreads(1)
    metadata = read_metadata(ARTEFACT).model_copy(update={"input_size": INPUT_SIZE})
    return Detector(load_runtime("openvino", ARTEFACT, threads=1), metadata)
