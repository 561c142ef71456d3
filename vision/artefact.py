"""What a detector artefact says about itself: one ONNX file with this as JSON in its metadata."""

import math
from functools import cached_property
from pathlib import Path
from typing import Literal, Self, TypeVar

import onnxruntime
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from retail.boxes import DetectionKind
from retail.gtin import Gtin, InvalidGtin, parse_gtin
from vision.parity import Parity

METADATA_KEY = "shelfloop"
FORMAT_VERSION: Literal[1] = 1
PRODUCT = "product"
Metadata = TypeVar("Metadata", bound=BaseModel)
FIXTURES = (DetectionKind.SHELF, DetectionKind.TAG, DetectionKind.GAP)


class BadArtefact(ValueError):
    """A file that this version cannot run as a detector, or as an embedder; the message says what is wrong with it."""


def is_product_class(name: str) -> bool:
    """Tell whether a class name stands for products: ``product`` or a GTIN, not a part of the fixture."""
    return name not in FIXTURES


class ArtefactMetadata(BaseModel):
    """Everything a runtime, a recogniser and a person must know about a detector file.

    Attributes:
        classes: names by class id: ``product`` or GTINs, beside ``shelf``, ``tag``, ``gap``.
        architecture: name of the model YAML the weights belong to.
        strides: input pixels per anchor, one for each level of the head.
        input_size: long side of the letterboxed photo in pixels, a multiple of the largest stride.
        training_run: id of the retraining that made it.
        catalogue_version: catalogue the classes were taken from.
        temperature: calibration: the graph has already turned a logit z into the probability σ(z / temperature + bias).
        bias: the other half of it.
        calibrated_on: photos and boxes that the calibration was fitted on; 0 and 0 where it never was.
        confidence: least calibrated probability of a detection worth answering, chosen on the same photos.
        vector_width: length of an instance vector.
        image_vector_width: length of the image vector.
        precision: arithmetic it is served in, unless a setting says otherwise.
        parity: how far bf16 is from f32, by which the precision was chosen; None if that was not measured.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format_version: Literal[1] = FORMAT_VERSION
    classes: tuple[str, ...] = Field(min_length=1)
    architecture: str
    strides: tuple[int, ...] = (8, 16, 32)
    input_size: int = Field(default=640, gt=0)
    training_run: str = ""
    catalogue_version: int = 0
    temperature: float = Field(default=1.0, gt=0)
    bias: float = 0.0
    calibrated_on: tuple[int, int] = (0, 0)
    confidence: float = Field(default=0.25, gt=0, lt=1)
    vector_width: int = Field(default=0, ge=0)
    image_vector_width: int = Field(default=0, ge=0)
    precision: Literal["f32", "bf16"] = "f32"
    parity: Parity | None = None

    @field_validator("classes")
    @classmethod
    def _classes_are_known_and_unique(cls, classes: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(classes)) != len(classes):
            raise ValueError("classes holds a name twice")
        for name in classes:
            if name != PRODUCT and name not in FIXTURES:
                _check_gtin(name)
        return classes

    @model_validator(mode="after")
    def _input_size_fits_strides(self) -> Self:
        if self.input_size % max(self.strides):
            raise ValueError(
                f"input_size {self.input_size} is not a multiple of the largest stride {max(self.strides)}"
            )
        return self

    def calibrated(self, probability: float) -> float:
        """Return what the graph makes of a probability that the network gave before calibration, both in 0..1."""
        logit = math.log(probability / (1 - probability))
        return 1 / (1 + math.exp(-(logit / self.temperature + self.bias)))

    def kind_of(self, class_id: int) -> DetectionKind:
        """Return what a detection of this class outlines; every product class is a facing."""
        return self._meanings[class_id][0]

    def gtin_of(self, class_id: int) -> Gtin | None:
        """Return the product a class stands for, None for ``product`` and for parts of the fixture."""
        return self._meanings[class_id][1]

    @cached_property
    def _meanings(self) -> tuple[tuple[DetectionKind, Gtin | None], ...]:
        """What a class outlines and which product it stands for, by class id: asked some hundred times a photo."""
        return tuple(
            (DetectionKind.FACING, None if name == PRODUCT else Gtin(name))
            if is_product_class(name)
            else (DetectionKind(name), None)
            for name in self.classes
        )


def _check_gtin(name: str) -> None:
    try:
        padded = parse_gtin(name)
    except InvalidGtin as error:
        raise ValueError(f"class {name!r} is neither product, shelf, tag, gap nor a GTIN: {error}") from error
    if padded != name:
        raise ValueError(f"class {name!r} must be written as GTIN-14: {padded}")


def read_metadata(path: Path) -> ArtefactMetadata:
    """Read an artefact's metadata without running it.

    Raises:
        BadArtefact: if the file is missing, not ONNX, or its metadata is absent or wrong.
    """
    return parse_metadata(path, METADATA_KEY, ArtefactMetadata)


def parse_metadata(path: Path, key: str, kind: type[Metadata]) -> Metadata:
    """Read an ONNX file's metadata entry `key`, JSON of a model of `kind`, without running the file.

    Raises:
        BadArtefact: if the file is missing, not ONNX, or the entry is absent or wrong.
    """
    if not path.is_file():
        raise BadArtefact(f"{path} does not exist")
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises a class of its own for every status, with no common base
        raise BadArtefact(f"{path.name} is not an ONNX model: {error}") from error
    text = session.get_modelmeta().custom_metadata_map.get(key)
    if text is None:
        raise BadArtefact(f"{path.name} is an ONNX model without the metadata entry {key!r}")
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise BadArtefact(f"{path.name} has wrong metadata: {error}") from error
