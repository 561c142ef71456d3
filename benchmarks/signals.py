"""What the signals cost: one pass that returns all of them against Ultralytics' plain export of the same weights.

Both run in the same runtime, in the same precision, on the same tensors, a pair at a time, so that whatever else the
machine does meets both. `make bench-signals`
"""

import argparse
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import onnx
import onnxruntime
import openvino
import torch
from numpy.typing import NDArray
from rich.progress import track

from benchmarks.report import Report, Target, machine
from training.architecture import classes_of, head_of, load_checkpoint, read_checkpoint_info
from training.export import export_onnx
from vision.artefact import ArtefactMetadata, read_metadata
from vision.runtime import has_bf16, served_precision
from vision.starter import ARTEFACT, CHECKPOINT

Floats = NDArray[np.float32]
Infer = Callable[[Floats], object]
SIZES = ((640, 480), (640, 640))  # width, height
SEED = 7
THREADS = 2
WARM_UP = 10
RESAMPLES = 2000


def main() -> None:
    """Export twice, time pairs, publish."""
    pairs = _arguments().pairs
    started, rng = machine(), np.random.default_rng(SEED)
    with tempfile.TemporaryDirectory(prefix="shelfloop-bench-") as scratch:
        ours, plain = _export_both(Path(scratch))
        rows: list[dict[str, Any]] = [
            {"runtime": runtime, "precision": precision, **row}
            for runtime, precision, count, load in _contests(pairs)
            for row in _contest(f"{runtime} {precision}", load(ours), load(plain), count, rng)
        ]
    precision = served_precision("recorded", read_metadata(ARTEFACT).precision, "openvino")
    served = [row["ratio"] for row in rows if (row["runtime"], row["precision"]) == ("OpenVINO", precision)]
    Report(
        name="signals",
        headline={"overhead_ratio": max(served)},  # of the two sizes the one that looks worse
        targets={"overhead_ratio": Target(at_most=1.05)},
        rows=rows,
        seeds={"tensors, order within pairs and bootstrap": SEED},
        machine=started,
    ).publish()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=300, help="pairs of passes per size (ONNX Runtime: a third)")
    return parser.parse_args()


def _export_both(folder: Path) -> tuple[Path, Path]:
    """Write the artefact and the plain export of the starter's weights."""
    model = load_checkpoint(CHECKPOINT)
    metadata = ArtefactMetadata(classes=classes_of(model), architecture=read_checkpoint_info(CHECKPOINT).architecture)
    ours, plain = folder / "one-pass.onnx", folder / "plain.onnx"
    export_onnx(model, ours, metadata)
    _export_plain(model, plain, _opset(ours))
    return ours, plain


def _export_plain(model: Any, path: Path, opset: int) -> None:
    """Write what Ultralytics exports: the fused network, boxes decoded, one output (1, 4 + classes, anchors)."""
    fused = model.float().eval().fuse(verbose=False)
    head = head_of(fused)
    head.export, head.format, head.dynamic = True, "onnx", True
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # the tracer's remarks on shapes, and on its own age
        torch.onnx.export(
            fused,
            (torch.zeros(1, 3, 640, 640),),
            path,
            input_names=["images"],
            output_names=["output0"],
            dynamic_axes={"images": {2: "height", 3: "width"}, "output0": {2: "anchors"}},
            opset_version=opset,
            dynamo=False,
        )


def _opset(path: Path) -> int:
    return int(onnx.load(path).opset_import[0].version)


def _contests(pairs: int) -> Iterator[tuple[str, str, int, Callable[[Path], Infer]]]:
    """Yield runtime, precision, pairs and loader; bf16 only where the processor has it."""
    yield "OpenVINO", "f32", pairs, lambda path: _openvino(path, "f32")
    if has_bf16():
        yield "OpenVINO", "bf16", pairs, lambda path: _openvino(path, "bf16")
    yield "ONNX Runtime", "f32", max(1, pairs // 3), _onnxruntime


def _openvino(path: Path, precision: str) -> Infer:
    settings = {"INFERENCE_NUM_THREADS": THREADS, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": precision}
    request = openvino.Core().compile_model(path, "CPU", settings).create_infer_request()

    def infer(tensor: Floats) -> object:
        request.infer([tensor], share_inputs=True)
        return [output.data.copy() for output in request.output_tensors]

    return infer


def _onnxruntime(path: Path) -> Infer:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    # Two sessions take turns here: threads of one that wait actively would slow the other down.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda tensor: session.run(None, {name: tensor})


def _contest(title: str, ours: Infer, plain: Infer, pairs: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    for width, height in SIZES:
        tensor = rng.random((1, 3, height, width), dtype=np.float32)
        times = _time_pairs(f"{title} {width}x{height}", ours, plain, tensor, pairs, rng)
        low, high = _interval(times, rng)
        yield {
            "input": f"{width}x{height}",
            "one_pass_ms": round(float(np.median(times[:, 0])), 3),
            "plain_ms": round(float(np.median(times[:, 1])), 3),
            "ratio": _ratio(times),
            "low": low,
            "high": high,
            "pairs": pairs,
        }


def _time_pairs(
    title: str, ours: Infer, plain: Infer, tensor: Floats, pairs: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return milliseconds (pairs, 2): ours, plain. Chance says who goes first in a pair."""
    both = (ours, plain)
    for _ in range(WARM_UP):
        for infer in both:
            infer(tensor)
    times = np.zeros((pairs, 2))
    for pair in track(range(pairs), title, transient=True):
        for side in rng.permutation(2):
            begin = perf_counter()
            both[side](tensor)
            times[pair, side] = (perf_counter() - begin) * 1000
    return times


def _ratio(times: NDArray[np.float64]) -> float:
    ours, plain = np.median(times, axis=0)
    return float(ours / plain)


def _interval(times: NDArray[np.float64], rng: np.random.Generator) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the ratio of medians, pairs drawn together."""
    draws = rng.integers(len(times), size=(RESAMPLES, len(times)))
    ratios = [_ratio(times[rows]) for rows in draws]
    low, high = np.percentile(ratios, (2.5, 97.5))
    return float(low), float(high)


if __name__ == "__main__":
    main()
