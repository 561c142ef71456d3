"""A planogram in the form that Azure's retired planogram matching took."""

from dataclasses import replace
from datetime import date
from typing import Literal

from sqlalchemy.orm import Session

from retail.azure_planogram import AzurePlanogram, MergedPlanogram, merged
from retail.gtin import Gtin, InvalidGtin, parse_gtin
from retail.planogram_validity import Validity
from retail.planograms import PlannedShelf, Position
from service.catalogue.loading import read_catalogue
from service.catalogue.resolving import product_of
from service.planograms.putting import Wanted
from service.problems import Problem

Unit = Literal["mm", "cm", "inch"]
CM: dict[Unit, float] = {"mm": 0.1, "cm": 1.0, "inch": 2.54}


def wanted_of(session: Session, azure: AzurePlanogram, unit: Unit, validity: Validity, today: date) -> Wanted:
    """Return the layout that a planogram in Azure's form asks for; its products' ids are GTINs.

    Raises:
        Problem: gtin-expected, or what is wrong with a product, naming ``products[i].id``.
    """
    planned = {one.product_id for one in azure.positions}
    fields = {one.id: f"products[{place}].id" for place, one in enumerate(azure.products) if one.id in planned}
    gtins = {id: _gtin(id, field) for id, field in fields.items()}
    catalogue = read_catalogue(session, set(gtins.values()))
    products = {id: product_of(catalogue, gtin, fields[id], today) for id, gtin in gtins.items()}
    return _in_cm(merged(azure, products), CM[unit], validity)


def _gtin(id: str, field: str) -> Gtin:
    try:
        return parse_gtin(id)
    except InvalidGtin as error:
        remedy = "Let the ids of products, and productId in positions, be GTINs of 8, 12, 13 or 14 digits."
        raise Problem(422, "gtin-expected", f"{field}: {error}.", field=field, remedy=remedy) from error


def _in_cm(layout: MergedPlanogram, cm: float, validity: Validity) -> Wanted:
    return Wanted(
        validity,
        tuple(_position(one, cm) for one in layout.positions),
        tuple(PlannedShelf(one.number, _scaled(one.base, cm), _scaled(one.clear, cm)) for one in layout.shelves),
        _scaled(layout.width, cm),
    )


def _position(position: Position, cm: float) -> Position:
    assert position.x is not None
    assert position.width is not None
    return replace(position, x=_scaled(position.x, cm), width=_scaled(position.width, cm))


def _scaled(length: float, cm: float) -> float:
    return round(length * cm, 4)  # people read it: 10.16, not 10.160000000000002
