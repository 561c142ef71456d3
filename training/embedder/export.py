"""Write an embedder as the one ONNX file that serving runs, and choose the arithmetic it is served in."""

import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import helper
from torch import nn

from training.embedder.network import Floats
from training.embedder.recall import first_shots, nearest
from training.export import halve_weights
from vision.embedder import (
    EMBEDDER_KEY,
    INPUT,
    OUTPUT,
    Crops,
    EmbedderMetadata,
    load_embedder,
    read_embedder,
)
from vision.runtime import has_bf16

_OPSET = 17
_MOST_LOST = 0.003  # of crops named right
_LEAST_COSINE = 0.98  # that 99 of 100 crops reach


def export_embedder(network: nn.Module, path: Path, metadata: EmbedderMetadata) -> None:
    """Write an embedder with its metadata inside; the batch is dynamic, weights are stored as float16.

    Args:
        network: maps RGB (n, 3, s, s) in 0..1 to unit rows (n, width).
        path: where the ONNX file goes.
        metadata: its crop size and width must be the network's.
    """
    size = metadata.crop_size
    with warnings.catch_warnings(), torch.inference_mode():
        # The tracing exporter is announced as deprecated; its successor needs a package that is not installed.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(),
            (torch.zeros(2, 3, size, size),),
            path,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_axes={INPUT: {0: "crops"}, OUTPUT: {0: "crops"}},
            opset_version=_OPSET,
            dynamo=False,
        )
    graph = onnx.load(path)
    halve_weights(graph.graph)
    onnx.save(graph, path)
    write_metadata(path, metadata)


def write_metadata(path: Path, metadata: EmbedderMetadata) -> None:
    """Replace what an embedder says about itself; as its id covers the whole file, it has another one afterwards."""
    graph = onnx.load(path)
    helper.set_model_props(graph, {EMBEDDER_KEY: metadata.model_dump_json()})
    onnx.checker.check_model(graph, full_check=True)
    onnx.save(graph, path)


def choose_precision(path: Path, pictures: Crops, labels: NDArray[np.intp], threads: int = 2) -> EmbedderMetadata:
    """Write bf16 into an embedder's metadata if it names as many crops right there as in f32, else f32.

    Where this machine has no bf16, nothing can be measured and f32 is written.

    Args:
        path: an embedder file, changed in place.
        pictures: crops (n, s, s, 3) to compare on; the first few of each product are the references.
        labels: (n,) product of each.
        threads: CPU threads.

    Returns:
        The metadata as written.
    """
    metadata = read_embedder(path)
    if has_bf16():
        exact, quick = (
            load_embedder(path, threads=threads, precision=precision).embed(pictures) for precision in ("f32", "bf16")
        )
        cosine = float(np.percentile((exact * quick).sum(1), 1))
        lost = _share_right(exact, labels) - _share_right(quick, labels)
        # Beyond these, vectors of a file served in f32 elsewhere would no longer fit this gallery.
        holds = lost <= _MOST_LOST and cosine >= _LEAST_COSINE
        metadata = metadata.model_copy(update={"precision": "bf16" if holds else "f32", "bf16_cosine": cosine})
        write_metadata(path, metadata)
    return metadata


def _share_right(vectors: Floats, labels: NDArray[np.intp]) -> float:
    reference = first_shots(labels)
    if reference.all():
        return 1.0  # too few pictures to name any by others: the vectors themselves have to be alike
    found = nearest(vectors[reference], labels[reference], vectors[~reference])
    return float((found == labels[~reference]).mean())
