"""Which product or gap is in which position of a planogram in Azure's form."""

from retail.azure_planogram import AzurePlanogram, merged
from retail.gtin import Gtin
from retail.planograms import Planogram
from service.azure.laying import Laid
from service.azure.reading import Found
from service.azure.schemas import DetectedObject, MatchedPosition, MatchRequest
from vision.bays.judging import judge


def match(request: MatchRequest) -> list[MatchedPosition]:
    """Return what is in every position of the planogram, in its order: a product, right or wrong, or else a gap.

    A product that keeps the planogram's order is in its position even where it has slid along the shelf; what does
    not is in the position whose place it takes. A gap may be in several positions. Where more products are right with
    the planogram simply stretched over all that was found, as Azure asked for photos to be taken, that counts.

    Raises:
        Problem: 422 for a planogram whose parts do not belong together.
    """
    planogram = request.planogram.checked()
    found = Found.read(request.detected_products, planogram)
    ways = [Laid(planogram.boxes, found)]
    if found.boxes.size:
        ways.insert(0, _by_order(planogram, found))
    best = max(ways, key=lambda laid: _right(planogram, found, laid))

    def thing(place: int) -> DetectedObject | None:
        if (product := best.products.get(place)) is not None:
            return request.detected_products.products[product]
        return None if (gap := best.gap_in(place)) is None else request.detected_products.gaps[gap]

    places = enumerate(planogram.positions)
    return [MatchedPosition(position_id=one.id, detected_object=thing(place)) for place, one in places]


def _by_order(planogram: AzurePlanogram, found: Found) -> Laid:
    """Lay a planogram by what keeps its order."""
    bay = merged(planogram, {one.id: Gtin(one.id) for one in planogram.products})
    compliance = judge(Planogram("azure", 1, bay.positions, bay.shelves, bay.width), [found.photo()])
    places = {one.id: place for place, one in enumerate(planogram.positions)}
    groups = [
        (
            [places[id] for id in bay.ids[verdict.position.shelf, verdict.position.slot]],
            [compliance.facings[row].sightings[0].row for row in verdict.facings],
        )
        for verdict in compliance.positions
        if verdict.facings
    ]
    return Laid(planogram.boxes, found, groups, compliance.mirrored)


def _right(planogram: AzurePlanogram, found: Found, laid: Laid) -> int:
    """Return how many positions have their own product."""
    shown = found.likeliest
    return sum(shown[product] == planogram.positions[place].product_id for place, product in laid.products.items())
