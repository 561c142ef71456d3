"""Typed settings: defaults, then the file that SHELFLOOP_CONFIG names, then the environment."""

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

from sampling.gate.near_duplicates import DEFAULT_SIMILARITY
from training.tolerance import Tolerance


class PhotoSettings(BaseModel):
    """Photos above these limits are refused."""

    model_config = ConfigDict(extra="forbid")
    megabytes: float = Field(25, gt=0)
    megapixels: float = Field(50, gt=0)


class VisionSettings(BaseModel):
    """How a photo is seen."""

    model_config = ConfigDict(extra="forbid")
    runtime: Literal["openvino", "onnxruntime"] = "openvino"
    precision: Literal["recorded", "f32", "bf16"] = "recorded"
    threads: int = Field(2, ge=1)
    confidence: float | None = Field(None, gt=0, lt=1)
    max_detections: int = Field(400, ge=1)
    most_tiles: int = Field(9, ge=1)
    blur_faces: bool = True


class AdmissionSettings(BaseModel):
    """How many photos are worked on at once, and how many may wait."""

    model_config = ConfigDict(extra="forbid")
    at_once: int = Field(3, ge=1)
    waiting: int = Field(64, ge=0)


class NamingSettings(BaseModel):
    """How facings are named."""

    model_config = ConfigDict(extra="forbid")
    enabled: bool = True
    embedder: str = Field("default", pattern="^(default|onnx:.+)$")
    coverage: float = Field(0.9, gt=0, lt=1)
    gallery_poll_seconds: float = Field(0.5, gt=0)


class WebhookSettings(BaseModel):
    """Where webhooks may lead."""

    model_config = ConfigDict(extra="forbid")
    private_networks: list[IPvAnyNetwork] = []


class PlanogramSettings(BaseModel):
    """How bays are compared with their planograms."""

    model_config = ConfigDict(extra="forbid")
    confidence: float = Field(0.5, gt=0, lt=1)
    together_minutes: float = Field(10, ge=0)


class ShadowSettings(BaseModel):
    """How a candidate that passed its gate looks at live captures before it may serve."""

    model_config = ConfigDict(extra="forbid")
    captures: int = Field(200, ge=0)
    hours: float = Field(24, gt=0)
    share: float = Field(0.5, gt=0, le=1)
    photos_per_minute: float = Field(20, gt=0)
    disagreement: float = Field(0.5, ge=0, le=1)
    latency: float = Field(1.25, gt=0)
    errors: float = Field(0.01, ge=0, le=1)


class RollbackSettings(BaseModel):
    """When the model before comes back by itself."""

    model_config = ConfigDict(extra="forbid")
    minutes: float = Field(60, ge=0)
    errors: float = Field(0.02, ge=0, le=1)
    latency: float = Field(1.5, gt=1)
    look_seconds: float = Field(5, gt=0)


class TriggerSettings(BaseModel):
    """What orders a retraining without a person; each is off until it is turned on."""

    model_config = ConfigDict(extra="forbid")
    label_boxes: int = Field(0, ge=0)
    schedule_days: float = Field(0, ge=0)
    catalogue_products: int = Field(0, ge=0)
    planogram_bays: int = Field(0, ge=0)
    drift: bool = False
    fewest_boxes: int = Field(200, ge=1)
    least_hours: float = Field(12, ge=0)
    preset: Literal["quick", "default", "few-photos"] = "default"
    promote: Literal["if_gate_passes", "never"] = "if_gate_passes"
    look_seconds: float = Field(60, gt=0)

    @property
    def any_on(self) -> bool:
        """Whether there is anything to look for."""
        counts = (self.label_boxes, self.schedule_days, self.catalogue_products, self.planogram_bays)
        return self.drift or any(counts)


class FitSettings(BaseModel):
    """Where the worker fits models."""

    model_config = ConfigDict(extra="forbid")
    device: str = Field("cpu", pattern=r"^(cpu|cuda|\d+(,\d+)*)$")
    workers: int = Field(0, ge=0)


class DriftSettings(BaseModel):
    """What is done about cameras that drift."""

    model_config = ConfigDict(extra="forbid")
    look_seconds: float = Field(300, gt=0)
    quota_factor: float = Field(2, ge=1)
    advise_after: int = Field(100, ge=0)


class TaskSettings(BaseModel):
    """How work is handed to annotators."""

    model_config = ConfigDict(extra="forbid")
    most_held: int = Field(200, ge=1)
    most_lease_hours: float = Field(8, gt=0)
    tile_boxes: int | None = Field(None, ge=10)


class QualitySettings(BaseModel):
    """How much of the annotators' work is checked."""

    model_config = ConfigDict(extra="forbid")
    gold_share: float = Field(0.1, ge=0, le=0.5)
    overlap_share: float = Field(0.1, ge=0, le=1)
    overlap_copies: int = Field(2, ge=1, le=10)
    look_seconds: float = Field(60, gt=0)


class ClipEvent(BaseModel):
    """An event that is looked for in clips."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str = Field(pattern="^[a-z][a-z0-9_]{0,31}$")
    name: str = Field(min_length=1, max_length=60)
    description: str = Field("", max_length=300)


_EVENTS = (
    ClipEvent(id="pickup", name="Pickup", description="a hand takes a product; from the touch until it left the shelf"),
    ClipEvent(id="concealment", name="Concealment", description="a product goes into a bag, a pocket or under clothes"),
    ClipEvent(
        id="self_checkout_bypass", name="Self-checkout bypass", description="a product passes the till without a scan"
    ),
    ClipEvent(id="long_dwell", name="Long dwell", description="a person stays before one bay for 30 seconds or more"),
)


class ClipSettings(BaseModel):
    """How clips are cut, and what is looked for in them."""

    model_config = ConfigDict(extra="forbid")
    megabytes: float = Field(500, gt=0, le=2000)
    minutes: float = Field(20, gt=0, le=60)
    frames_per_second: float = Field(4, gt=0, le=30)
    long_side: int = Field(640, ge=160, le=1920)
    piece_seconds: float = Field(20, ge=2)
    folder: str = ""
    keep_hours: float = Field(24, gt=0)
    most_waiting: int = Field(20, ge=1)
    events: tuple[ClipEvent, ...] = Field(_EVENTS, min_length=1, max_length=9)


class LabelStudioSettings(BaseModel):
    """The Label Studio that rounds may be handed to."""

    model_config = ConfigDict(extra="forbid")
    url: str = Field("", pattern=r"^(https?://[^\s?#]+)?$")
    token: SecretStr = SecretStr("")
    own_url: str = Field("", pattern=r"^(https?://[^\s?#]+)?$")
    sweep_seconds: float = Field(60, gt=0)
    lease_days: float = Field(7, gt=0, le=90)


class Settings(BaseSettings):
    """Everything a person may set; `configs/default.yaml` explains each line."""

    model_config = SettingsConfigDict(env_prefix="SHELFLOOP_", env_nested_delimiter="__", extra="forbid")

    home: Path = Path("var")
    database_url: str = ""
    image_store: str = ""
    mlflow_uri: str = ""
    photo: PhotoSettings = PhotoSettings()
    vision: VisionSettings = VisionSettings()
    naming: NamingSettings = NamingSettings()
    planogram: PlanogramSettings = PlanogramSettings()
    admission: AdmissionSettings = AdmissionSettings()
    webhooks: WebhookSettings = WebhookSettings()
    shadow: ShadowSettings = ShadowSettings()
    rollback: RollbackSettings = RollbackSettings()
    gate: Tolerance = Tolerance()
    triggers: TriggerSettings = TriggerSettings()
    fit: FitSettings = FitSettings()
    drift: DriftSettings = DriftSettings()
    clips: ClipSettings = ClipSettings()
    label_studio: LabelStudioSettings = LabelStudioSettings()
    tasks: TaskSettings = TaskSettings()
    quality: QualitySettings = QualitySettings()
    lease_minutes: float = Field(30, gt=0)
    near_duplicate_similarity: float = Field(DEFAULT_SIMILARITY, gt=0, le=1)
    champion_poll_seconds: float = Field(1.0, gt=0)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the environment before the YAML file that SHELFLOOP_CONFIG names."""
        chosen = os.environ.get("SHELFLOOP_CONFIG")
        if chosen and not Path(chosen).is_file():
            raise FileNotFoundError(f"SHELFLOOP_CONFIG names {chosen}, which is not a file")
        return init_settings, env_settings, YamlConfigSettingsSource(settings_cls, yaml_file=chosen)

    @property
    def resolved_database_url(self) -> str:
        """The records database as an SQLAlchemy address."""
        return self.database_url or f"sqlite:///{self.home.absolute() / 'shelfloop.sqlite'}"

    @property
    def resolved_jobs_url(self) -> str:
        """Where durable jobs keep their state: beside the records in SQLite, or in the same PostgreSQL server."""
        return self.database_url or f"sqlite:///{self.home.absolute() / 'jobs.sqlite'}"

    @property
    def resolved_image_store(self) -> str:
        """Where photos live, as an fsspec address."""
        return self.image_store or f"file://{self.home.absolute() / 'photos'}"

    @property
    def resolved_clip_folder(self) -> Path:
        """Where clips lie as they were sent until they are cut; nobody but this service may read it."""
        return Path(self.clips.folder) if self.clips.folder else self.home.absolute() / "raw-clips"

    @property
    def resolved_mlflow_uri(self) -> str:
        """MLflow's tracking address."""
        return self.mlflow_uri or f"sqlite:///{self.home.absolute() / 'mlflow.sqlite'}"
