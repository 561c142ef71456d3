"""How much worse than the champion a candidate may be. Knows nothing of evaluation: servers read it as a setting."""

from pydantic import BaseModel, ConfigDict, Field


class Tolerance(BaseModel):
    """How much worse a candidate may be.

    Attributes:
        overall: AP that the whole may lose; none by default.
        kind: AP that facings, shelves, tags or gaps may lose each.
        cell: what a condition, a class, a product, a band or a category may lose of any measure; it is noisier.
        sku: share of facings named right that the whole may lose.
        verdict: macro-F1 of verdicts that the whole may lose.
        unknown: area under the ROC of unknown products that the whole may lose.
        calibration: rise of the expected calibration error of the whole.
        latency: candidate's time a photo over the champion's.
        certainty: of the interval of a loss. Beyond its tolerance it refuses the candidate only if the interval of
            the paired difference lies below zero; 0 lets the loss itself decide.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    overall: float = Field(default=0.0, ge=0, le=1)
    kind: float = Field(default=0.02, ge=0, le=1)
    cell: float = Field(default=0.05, ge=0, le=1)
    sku: float = Field(default=0.01, ge=0, le=1)
    verdict: float = Field(default=0.02, ge=0, le=1)
    unknown: float = Field(default=0.05, ge=0, le=1)
    calibration: float = Field(default=0.05, ge=0, le=1)
    latency: float = Field(default=1.1, gt=0)
    certainty: float = Field(default=0.95, ge=0, lt=1)
