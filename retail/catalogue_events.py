"""What can happen to a catalogue. `catalogue_rules` says when it may, and what the catalogue is afterwards."""

from dataclasses import dataclass
from datetime import date

from retail.catalogue import Listing
from retail.gtin import Gtin
from retail.products import Product, Variant


class InvalidChange(ValueError):
    """A change that the catalogue cannot take, with the field at fault and what to do about it."""

    def __init__(self, field: str, detail: str, remedy: str) -> None:
        """Name the event's field, what is wrong, and how to put it right."""
        super().__init__(f"{field}: {detail}; {remedy}")
        self.field, self.detail, self.remedy = field, detail, remedy


@dataclass(frozen=True, slots=True)
class Added:
    """A product came."""

    product: Product

    @property
    def gtin(self) -> Gtin:
        """The product's GTIN."""
        return self.product.gtin


@dataclass(frozen=True, slots=True)
class Changed:
    """A product is described anew: all of these fields count."""

    gtin: Gtin
    name: str
    category: tuple[str, ...]
    family: str | None = None
    valid_from: date | None = None


@dataclass(frozen=True, slots=True)
class Renamed:
    """A product got another GTIN; it is the same one still."""

    gtin: Gtin
    new_gtin: Gtin


@dataclass(frozen=True, slots=True)
class Merged:
    """Two products turned out to be one, or became one."""

    gtin: Gtin
    into: Gtin


@dataclass(frozen=True, slots=True)
class Split:
    """A product turned out to be several; one of them may keep its GTIN and then keeps its variants too."""

    gtin: Gtin
    into: tuple[Product, ...]


@dataclass(frozen=True, slots=True)
class Delisted:
    """A product is on sale no longer; its GTIN and history stay."""

    gtin: Gtin
    last_day: date


@dataclass(frozen=True, slots=True)
class Relisted:
    """A delisted product is on sale again."""

    gtin: Gtin


@dataclass(frozen=True, slots=True)
class PackagingRefreshed:
    """A product looks different from now on; its regular looks so far become old designs with a last day."""

    gtin: Gtin
    variant: Variant
    last_day_of_old: date


@dataclass(frozen=True, slots=True)
class VariantAdded:
    """A product has a further look, or one of its looks is described anew."""

    gtin: Gtin
    variant: Variant


@dataclass(frozen=True, slots=True)
class VariantRemoved:
    """A look was no look of its own: its references show the product's first look."""

    gtin: Gtin
    variant_id: str


@dataclass(frozen=True, slots=True)
class AssortmentChanged:
    """A store carries other products: `added` ones come or get other days, `removed` ones go."""

    store_id: str
    added: tuple[Listing, ...] = ()
    removed: tuple[Gtin, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanogramReset:
    """Bays are meant to look otherwise: they follow this version of a planogram as soon as it is valid."""

    planogram_id: str
    version: int
    bays: tuple[str, ...]


Event = (
    Added
    | Changed
    | Renamed
    | Merged
    | Split
    | Delisted
    | Relisted
    | PackagingRefreshed
    | VariantAdded
    | VariantRemoved
    | AssortmentChanged
    | PlanogramReset
)


@dataclass(frozen=True, slots=True)
class Remap:
    """Whatever points at one GTIN points at another from now on."""

    gtin: Gtin
    into: Gtin


@dataclass(frozen=True, slots=True)
class Requeue:
    """People must say anew what points at this GTIN: it may be any of several products."""

    gtin: Gtin
    into: tuple[Gtin, ...]


@dataclass(frozen=True, slots=True)
class Expire:
    """What points at this GTIN counts no longer."""

    gtin: Gtin


@dataclass(frozen=True, slots=True)
class Restore:
    """What expired with this GTIN counts again."""

    gtin: Gtin


Consequence = Remap | Requeue | Expire | Restore


def consequence(event: Event) -> Consequence | None:
    """Say what an event means for the labels, references and positions of a product; None: nothing."""
    match event:
        case Renamed(gtin, into) | Merged(gtin, into):
            return Remap(gtin, into)
        case Split(gtin, products):
            return Requeue(gtin, tuple(product.gtin for product in products))
        case Delisted(gtin, _):
            return Expire(gtin)
        case Relisted(gtin):
            return Restore(gtin)
        case _:
            return None
