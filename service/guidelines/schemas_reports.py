"""What labels say about the guideline and the catalogue, as answers."""

from pydantic import BaseModel, Field

from labeling.quality.category_tree import TreeFault
from service.guidelines.schemas_pilots import ConfusedPair


class CropAnswer(BaseModel):
    """A piece of a photo."""

    capture_id: str
    box: tuple[float, float, float, float] = Field(description="x1, y1, x2, y2 in pixels of the photo")
    crop_url: str
    said: list[str] = Field(description="what each person said, in words")


class RuleHint(BaseModel):
    """A rule that is there."""

    id: str
    text: str


class MissingRule(BaseModel):
    """Two answers that people take for each other, and what the guideline says about them."""

    pair: ConfusedPair
    missing: bool = Field(description="true: no rule decides between the two; false: the ones there are do not help")
    rules: list[RuleHint] = Field(description="that are about this boundary")
    suggested: dict[str, object] = Field(description="a rule to complete: its text says what decides")
    examples: list[CropAnswer] = Field(description="on which all said `one`")
    counter_examples: list[CropAnswer] = Field(description="on which all said `other`")
    disputed: list[CropAnswer] = Field(description="on which people differed")


class MissingRulesAnswer(BaseModel):
    """Which rules are missing, the most often missed first."""

    guideline_version: int
    compared: int = Field(description="tasks that several people labelled")
    rules: list[MissingRule]


class ProductHint(BaseModel):
    """A product."""

    gtin: str
    name: str
    category: str
    facings: int = Field(description="of it among the labels that were looked at")
    side: float | None = Field(description="median of their shorter sides, in pixels")


class ConfusedProducts(BaseModel):
    """Two products that people, the model, or both take for each other."""

    one: ProductHint
    other: ProductHint
    by_people: int = Field(description="facings on which people differed between the two")
    by_model: int = Field(description="facings of one that the model named the other")
    both: bool = Field(description="whether people and model confuse them")
    people_right: float | None
    model_right: float | None
    advice: str = Field(description="merge | closer_photo | rule | more_labels | wait")
    side_needed: float | None = Field(description="shorter side in pixels from which on they are told apart")
    why: str
    crops: list[CropAnswer]


class SplitAdvice(BaseModel):
    """A product whose facings are of two looks."""

    product: ProductHint
    second: int = Field(description="facings of the rarer look")
    silhouette: float = Field(description="how far the looks are apart, 0..1")
    variants: int = Field(description="looks that the catalogue knows")
    why: str
    crops: list[CropAnswer] = Field(description="the most typical facing of each look")


class TreeProblemAnswer(BaseModel):
    """Something wrong in the category tree."""

    fault: TreeFault
    categories: list[str]
    products: list[str]
    advice: str


class HealthAnswer(BaseModel):
    """How well the catalogue can be labelled by."""

    labelled: int = Field(description="photos whose labels were looked at")
    compared: int = Field(description="tasks that several people labelled")
    confused: list[ConfusedProducts]
    split: list[SplitAdvice]
    tree: list[TreeProblemAnswer]
