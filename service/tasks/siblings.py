"""Products that are easily taken for each other: of one family, else side by side in one category."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from service.catalogue.queries import catalogue_version
from service.records import ProductRecord

MOST = 8  # siblings of a product: more do not fit beside the photo
Group = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Groups:
    """The products of one version of the catalogue on one day.

    Attributes:
        members: GTINs of each group by name, so that those that differ in size alone stand side by side.
        places: the group of each product, and its place in there.
    """

    version: int
    day: date
    members: Mapping[Group, list[str]]
    places: Mapping[str, tuple[Group, int]]


class Siblings:
    """Groups the catalogue once for each version and day, because a view must not read all of it."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._groups: Groups | None = None

    def of(self, session: Session, gtins: Iterable[str], today: date) -> dict[str, list[str]]:
        """Return the siblings of those products that have some, the likeliest to be taken for them first."""
        groups, version = self._groups, catalogue_version(session)
        if groups is None or (groups.version, groups.day) != (version, today):
            self._groups = groups = _grouped(session, version, today)
        near = {gtin: _near(groups.members[group], place) for gtin, (group, place) in _found(groups, gtins)}
        return {gtin: siblings for gtin, siblings in near.items() if siblings}


def _found(groups: Groups, gtins: Iterable[str]) -> list[tuple[str, tuple[Group, int]]]:
    return [(gtin, groups.places[gtin]) for gtin in gtins if gtin in groups.places]


def _near(members: list[str], place: int) -> list[str]:
    others = [other for other in range(place - MOST, place + MOST + 1) if other != place and 0 <= other < len(members)]
    return [members[other] for other in sorted(others, key=lambda other: abs(other - place))[:MOST]]


def _grouped(session: Session, version: int, today: date) -> Groups:
    listed = (
        select(ProductRecord.gtin, ProductRecord.family, ProductRecord.category)
        .where(ProductRecord.became.is_(None))
        .where(or_(ProductRecord.valid_until.is_(None), ProductRecord.valid_until >= today))
        .order_by(ProductRecord.name, ProductRecord.gtin)
    )
    members: dict[Group, list[str]] = defaultdict(list)
    places: dict[str, tuple[Group, int]] = {}
    for gtin, family, category in session.execute(listed):
        group = ("family", family) if family else ("category", *category)
        places[gtin] = group, len(members[group])
        members[group].append(gtin)
    return Groups(version, today, members, places)
