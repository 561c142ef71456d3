"""Chooses the arithmetic an artefact is served in, by measuring, and writes the choice into it."""

from collections.abc import Sequence
from pathlib import Path

import onnx
from onnx import helper

from vision.artefact import METADATA_KEY, ArtefactMetadata, read_metadata
from vision.detector import Detector
from vision.letterbox import Image
from vision.parity import Parity, compare
from vision.runtime import OpenVinoRuntime, has_bf16


def choose_precision(artefact: Path, photos: Sequence[Image], threads: int = 2) -> ArtefactMetadata:
    """Write bf16 into an artefact's metadata if it answers there as in f32, else f32; with what was measured.

    Where this machine has no bf16, nothing can be measured and f32 is written.

    Args:
        artefact: an ONNX file, changed in place.
        photos: what to compare on, (h, w, 3) RGB; real ones, some with many facings.
        threads: CPU threads.

    Returns:
        The metadata as written.
    """
    metadata = read_metadata(artefact)
    parity = _parity(artefact, metadata, photos, threads) if has_bf16() else None
    chosen = metadata.model_copy(
        update={"parity": parity, "precision": "bf16" if parity is not None and parity.holds else "f32"}
    )
    graph = onnx.load(artefact)
    helper.set_model_props(graph, {METADATA_KEY: chosen.model_dump_json()})
    onnx.save(graph, artefact)
    return chosen


def _parity(artefact: Path, metadata: ArtefactMetadata, photos: Sequence[Image], threads: int) -> Parity:
    exact, quick = (
        Detector(OpenVinoRuntime(artefact, threads, precision=precision), metadata) for precision in ("f32", "bf16")
    )
    return compare([exact.detect(photo) for photo in photos], [quick.detect(photo) for photo in photos])
