"""The starter in the precision in which a store is served by it."""

from vision.artefact import ArtefactMetadata, read_metadata
from vision.runtime import Runtime, load_runtime, served_precision
from vision.starter import ARTEFACT


def load_starter(threads: int = 2) -> tuple[Runtime, ArtefactMetadata]:
    """Load its artefact into OpenVINO as a server of this machine does by default."""
    metadata = read_metadata(ARTEFACT)
    precision = served_precision("recorded", metadata.precision, "openvino")
    return load_runtime("openvino", ARTEFACT, threads=threads, precision=precision), metadata
