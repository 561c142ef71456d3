"""What can happen to a product, over HTTP. A request that was done already changes nothing."""

from typing import Annotated

from fastapi import APIRouter, Path

from retail.catalogue_events import (
    Delisted,
    Merged,
    PackagingRefreshed,
    Relisted,
    Renamed,
    Split,
    VariantAdded,
    VariantRemoved,
)
from retail.gtin import Gtin
from retail.products import Product, Variant
from service.catalogue.doing import checked_gtin, do
from service.catalogue.routes import Changer, DryRun, checked_product
from service.catalogue.schemas import (
    ChangedAnswer,
    DelistRequest,
    MergeRequest,
    PartRequest,
    RefreshRequest,
    RenameRequest,
    SplitRequest,
    VariantRequest,
)
from service.dependencies import ContextOf
from service.problems import Problem
from service.stores.queries import ID_PATTERN

router = APIRouter(prefix="/v1/products/{gtin}", tags=["catalogue"])
VariantId = Annotated[str, Path(pattern=ID_PATTERN, description="up to 64 of A-Z a-z 0-9 . _ -")]


@router.post("/rename")
def rename_product(
    context: ContextOf, caller: Changer, gtin: str, request: RenameRequest, dry_run: DryRun = False
) -> ChangedAnswer:
    """Give a product another GTIN; labels, references and planograms follow it."""
    event = Renamed(checked_gtin(gtin), checked_gtin(request.new_gtin, "new_gtin"))
    return do(context, caller, event, dry_run)


@router.post("/merge")
def merge_product(
    context: ContextOf, caller: Changer, gtin: str, request: MergeRequest, dry_run: DryRun = False
) -> ChangedAnswer:
    """Make a product part of another; labels, references and planograms point at that one from now on."""
    return do(context, caller, Merged(checked_gtin(gtin), checked_gtin(request.into, "into")), dry_run)


@router.post("/split")
def split_product(
    context: ContextOf, caller: Changer, gtin: str, request: SplitRequest, dry_run: DryRun = False
) -> ChangedAnswer:
    """Split a product into several; people are asked anew which of them each of its labelled facings shows."""
    parts = tuple(_part(place, part) for place, part in enumerate(request.into))
    return do(context, caller, Split(checked_gtin(gtin), parts), dry_run)


@router.post("/delist")
def delist_product(
    context: ContextOf, caller: Changer, gtin: str, request: DelistRequest, dry_run: DryRun = False
) -> ChangedAnswer:
    """Take a product off sale: its labels train no more and its references leave the gallery; its history stays."""
    return do(context, caller, Delisted(checked_gtin(gtin), request.last_day), dry_run)


@router.post("/relist")
def relist_product(context: ContextOf, caller: Changer, gtin: str, dry_run: DryRun = False) -> ChangedAnswer:
    """Put a delisted product on sale again, with the labels and references that expired with it."""
    return do(context, caller, Relisted(checked_gtin(gtin)), dry_run)


@router.post("/refresh")
def refresh_packaging(
    context: ContextOf, caller: Changer, gtin: str, request: RefreshRequest, dry_run: DryRun = False
) -> ChangedAnswer:
    """Give a product a new look; the regular ones so far become old designs with a last day."""
    checked = checked_gtin(gtin)
    look = Variant(request.variant_id, checked, valid_from=request.valid_from)
    return do(context, caller, PackagingRefreshed(checked, look, request.last_day_of_old), dry_run)


@router.put("/variants/{variant_id}")
def put_variant(
    context: ContextOf,
    caller: Changer,
    gtin: str,
    variant_id: VariantId,
    request: VariantRequest,
    dry_run: DryRun = False,
) -> ChangedAnswer:
    """Add a packaging look to a product, or describe one anew."""
    checked = checked_gtin(gtin)
    try:
        look = Variant(variant_id, checked, request.kind, request.valid_from, request.valid_until)
    except ValueError as error:
        remedy = "Correct the days."
        raise Problem(422, "invalid-variant", f"{error}.", field="valid_until", remedy=remedy) from error
    return do(context, caller, VariantAdded(checked, look), dry_run)


@router.delete("/variants/{variant_id}")
def remove_variant(
    context: ContextOf, caller: Changer, gtin: str, variant_id: VariantId, dry_run: DryRun = False
) -> ChangedAnswer:
    """Remove a look that was none of its own; its references show the product's first look from now on."""
    return do(context, caller, VariantRemoved(checked_gtin(gtin), variant_id), dry_run)


def _part(place: int, part: PartRequest) -> Product:
    gtin: Gtin = checked_gtin(part.gtin, f"into[{place}].gtin")
    product = checked_product(gtin, part)
    looks = tuple(Variant(id, gtin) for id in dict.fromkeys(part.variant_ids))
    return Product(gtin, product.name, product.category, product.family, looks, product.valid_from)
