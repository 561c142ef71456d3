"""Simulation on a cluster: every loop is played by one process."""

from dataclasses import asdict, fields
from itertools import product
from typing import TYPE_CHECKING, Any

from sampling.simulation.protocol import Curve, World
from sampling.simulation.study import Study, play_one
from service.scale.cluster import Cluster, Row

if TYPE_CHECKING:
    import pyarrow

_PLACE = "place"


def curves_on(study: Study, cluster: Cluster) -> list[Curve]:
    """Play every recipe with every seed; the curves are those of `sampling.simulation.study.run`, in its order."""
    loops = product(study.seeds, study.recipes)
    wanted = [{_PLACE: place, "seed": seed, "recipe": recipe} for place, (seed, recipe) in enumerate(loops)]
    rows = sorted(cluster.mapped(wanted, Player, study.world, batch=1), key=lambda row: int(row[_PLACE]))
    return [_curve(row) for row in rows]


class Player:
    """One process of a cluster."""

    def __init__(self, world: World) -> None:
        """Keep what all loops run on."""
        self._world = world

    def __call__(self, batch: "pyarrow.Table") -> "pyarrow.Table":
        """Return the curves of some loops."""
        import pyarrow

        return pyarrow.Table.from_pylist(
            [
                {_PLACE: row[_PLACE], **asdict(play_one(self._world, row["recipe"], row["seed"]))}
                for row in batch.to_pylist()
            ]
        )


def _curve(row: Row) -> Curve:
    values: dict[str, Any] = {
        one.name: tuple(row[one.name]) if isinstance(row[one.name], list) else row[one.name] for one in fields(Curve)
    }
    return Curve(**values)
