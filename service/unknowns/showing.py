"""Showing what is unknown, in clusters."""

import numpy as np
from sqlalchemy.orm import Session

from service.context import Context
from service.naming.queries import newest_naming
from service.unknowns.closest import closest_products
from service.unknowns.clusters import Cluster, Clusters
from service.unknowns.queries import Seen, count_open, examples_of, names_and_pictures, open_facings
from service.unknowns.schemas import MOST_EXAMPLES, CloseProduct, ClusterAnswer, ExampleAnswer, UnknownsAnswer

MOST_COMPARED = 20_000  # facings, the newest ones: clustering them takes seconds


def show_unknowns(context: Context, clusters: Clusters, store_ids: frozenset[str] | None, limit: int) -> UnknownsAnswer:
    """Return the largest clusters of open facings of some stores, or of all."""
    with context.database.read() as session:
        naming = newest_naming(session)
        embedder_id = "" if naming is None else naming.embedder_id
        seen = {facing.id: facing for facing in open_facings(session, embedder_id, store_ids, MOST_COMPARED)}
        found = clusters.of(session, embedder_id, store_ids, seen)
        shown = found[:limit]
        return UnknownsAnswer(
            clusters=_answers(session, shown, seen, closest_products(context, embedder_id, shown)),
            cluster_count=len(found),
            facing_count=len(seen),
            left_out=count_open(session, store_ids) - len(seen),
        )


def _answers(
    session: Session, shown: list[Cluster], seen: dict[str, Seen], closest: list[list[tuple[str, float]]]
) -> list[ClusterAnswer]:
    chosen = [_spread(cluster.ids) for cluster in shown]
    examples = examples_of(session, {id for ids in chosen for id in ids})
    known = names_and_pictures(session, {gtin for products in closest for gtin, _ in products})
    return [
        ClusterAnswer(
            facing_ids=list(cluster.ids),
            count=len(cluster.ids),
            examples=[ExampleAnswer.model_validate(examples[id]) for id in ids],
            store_ids=sorted({seen[id].store_id for id in cluster.ids}),
            first_seen=min(seen[id].taken_at for id in cluster.ids),
            last_seen=max(seen[id].taken_at for id in cluster.ids),
            closest=[_close(gtin, likeness, *known[gtin]) for gtin, likeness in products if gtin in known],
        )
        for cluster, ids, products in zip(shown, chosen, closest, strict=True)
    ]


def _close(gtin: str, likeness: float, name: str, reference_id: str | None) -> CloseProduct:
    return CloseProduct(gtin=gtin, name=name, likeness=round(likeness, 4), reference_id=reference_id)


def _spread(ids: tuple[str, ...]) -> list[str]:
    """Choose examples evenly: a decision about a cluster should see its least typical facings, too."""
    places = np.unique(np.linspace(0, len(ids) - 1, min(len(ids), MOST_EXAMPLES)).round().astype(int))
    return [ids[place] for place in places.tolist()]
