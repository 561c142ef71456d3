"""The starter model: what Shelfloop sees with before anybody has labelled anything. See MODEL_CARD.md beside this."""

from pathlib import Path

ARTEFACT = Path(__file__).parent / "detector.onnx"
CHECKPOINT = Path(__file__).parent / "checkpoint.safetensors"
EMBEDDER = Path(__file__).parent / "embedder.onnx"
