"""Work spread over the processes of a Ray cluster, through Ray Data."""

import importlib.util
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

HERE = "local"
BATCH = 32  # captures that a process takes at a time, and that are written in one transaction
_BLOCKS_EACH = 16  # for each process: enough to even out slow ones
Row = dict[str, Any]


class ScaleMissing(RuntimeError):
    """Ray is not installed."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Ray cluster that this process is connected to.

    Attributes:
        workers: processes that work at once.
    """

    workers: int

    def mapped(self, rows: Sequence[Row], worker: type, *arguments: Any, batch: int = BATCH) -> Iterator[Row]:
        """Yield what workers make of rows, in the order in which it gets done.

        Args:
            rows: of plain values.
            worker: made once in each process; called with a `pyarrow.Table` of rows, it returns another one.
            arguments: that it is made with; sent once to each process.
            batch: rows that a process takes at a time; what is done again where a machine is lost.
        """
        import ray.data

        blocks = max(1, min(-(-len(rows) // batch), _BLOCKS_EACH * self.workers))
        done = ray.data.from_items(list(rows), override_num_blocks=blocks).map_batches(
            worker,
            fn_constructor_args=arguments,
            batch_size=batch,
            batch_format="pyarrow",
            compute=ray.data.ActorPoolStrategy(size=self.workers),
            num_cpus=1,
        )
        for part in done.iter_batches(batch_size=None, batch_format="pyarrow"):
            yield from part.to_pylist()


@contextmanager
def connected(address: str, workers: int) -> Iterator[Cluster]:
    """Connect to a cluster, or start one on this machine, until the end of the block.

    Args:
        address: of a cluster (`ray://…` or `HOST:PORT`), or `local`.
        workers: processes that work at once.

    Raises:
        ScaleMissing: with what to install.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing phones home
    if importlib.util.find_spec("ray") is None:
        raise ScaleMissing("Ray is not installed: pip install 'shelfloop[scale]', or 'make scale' in a checkout")
    import ray
    import ray.data

    local = {"num_cpus": workers, "include_dashboard": False} if address == HERE else {}
    ray.init(address=address, log_to_driver=False, logging_level="WARNING", **local)
    ray.data.DataContext.get_current().enable_progress_bars = False
    try:
        yield Cluster(workers)
    finally:
        ray.shutdown()
