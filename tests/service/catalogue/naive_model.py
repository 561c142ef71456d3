"""What labels, references and positions should be after each change, worked out one at a time."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from retail.catalogue import Catalogue
from retail.gtin import Gtin
from retail.products import Product, Variant
from service.catalogue.touching import Touched
from service.records import CaptureRecord

START = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@dataclass
class Pointer:
    """A label, reference or position of the model."""

    gtin: Gtin
    state: str
    variant: str = ""
    sha256: str = ""


@dataclass
class Model:
    """What should be so: pointers by kind and id, changed one at a time."""

    pointers: dict[tuple[str, str], Pointer] = field(default_factory=dict)
    expired_by_delisting: set[tuple[str, str]] = field(default_factory=set)

    def turn(self, gtin: Gtin, action: str, into: Gtin | None = None) -> set[Touched]:
        touched = set()
        for (kind, id), pointer in self.pointers.items():
            if pointer.gtin != gtin or not self._concerned(kind, id, pointer, action):
                continue
            touched.add(Touched(kind, id, action, gtin, gtin if action == "restored" else into))  # type: ignore[arg-type]
            if action == "remapped":
                assert into
                pointer.gtin = into
            elif action == "restored":
                pointer.state = "live" if kind == "reference" else "current"
            else:
                pointer.state = action
        return touched

    def _concerned(self, kind: str, id: str, pointer: Pointer, action: str) -> bool:
        return pointer.state == "expired" if action == "restored" else pointer.state in ("current", "live")

    def move_looks(self, gone: set[str], heir: str) -> set[str]:
        """Move references to another look; of one picture twice the one in the gallery stays. Return ids that go."""
        dropped = set()
        for id in sorted(gone):
            theirs = {p.sha256: k for k, p in self.pointers.items() if p.variant == heir}
            for key, pointer in [(k, p) for k, p in self.pointers.items() if p.variant == id]:
                pointer.variant = heir
                if (other := theirs.get(pointer.sha256)) is None:
                    continue
                worse = other if pointer.state == "live" != self.pointers[other].state else key
                del self.pointers[worse]
                dropped.add(worse[1])
        return dropped


def product(gtin: Gtin, *more_looks: str) -> Product:
    return Product(gtin, "Milk", ("dairy",), "milk", tuple(Variant(look, gtin) for look in more_looks))


def gone(before: Catalogue, after: Catalogue) -> set[str]:
    """The looks that are no more."""
    return {v.id for p in before for v in p.variants} - {v.id for p in after for v in p.variants}


def capture(id: str) -> CaptureRecord:
    return CaptureRecord(
        id=id,
        sha256=id,
        store_id="s1",
        bay_id="b1",
        taken_at=START,
        received_at=START,
        width=640,
        height=480,
        image_key="",
        image_sha256="",
        faces_blurred=0,
        stratum="neutral/frontal/convenience",
        model_version=1,
        truncated=False,
        detections=[],
    )
