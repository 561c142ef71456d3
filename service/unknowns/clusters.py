"""The clusters of open facings, remembered: naming one cluster must not shuffle the others, nor cost a second look."""

import threading
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from service.unknowns.queries import product_vectors, vectors_of
from vision.likeness_clusters import Vectors, centre_of, cluster_alike
from vision.yardstick import yardstick_of

_SCOPES = 8  # that are remembered


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """Facings that look alike, the most typical first, and their mean vector (k,)."""

    ids: tuple[str, ...]
    centre: Vectors


class Clusters:
    """The last clustering of each embedder and scope: what is decided leaves it, what is new makes another one."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._known: OrderedDict[tuple[str, frozenset[str] | None], list[Cluster]] = OrderedDict()
        self._working = threading.Lock()  # clustering takes a second or two: never twice at once for the same

    def of(
        self, session: Session, embedder_id: str, store_ids: frozenset[str] | None, ids: Collection[str]
    ) -> list[Cluster]:
        """Return the clusters of these facings, the largest first."""
        open_ids, scope = set(ids), (embedder_id, store_ids)
        with self._working:
            known = self._known.get(scope, [])
            if not open_ids <= {id for cluster in known for id in cluster.ids}:
                known = _clustered(session, embedder_id, sorted(open_ids))
            self._known[scope] = known
            self._known.move_to_end(scope)
            if len(self._known) > _SCOPES:
                self._known.popitem(last=False)
        left = (Cluster(tuple(id for id in one.ids if id in open_ids), one.centre) for one in known)
        return sorted((cluster for cluster in left if cluster.ids), key=lambda cluster: -len(cluster.ids))


def _clustered(session: Session, embedder_id: str, ids: list[str]) -> list[Cluster]:
    vectors = vectors_of(session, ids)
    stick = yardstick_of(product_vectors(session, embedder_id, vectors.shape[1]))
    return [
        Cluster(tuple(ids[row] for row in rows.tolist()), centre_of(vectors[rows]))
        for rows in cluster_alike(stick.applied(vectors), stick.least)
    ]
