"""Run by the interpreter that has Ray: the local path, then a cluster of two nodes; JSON says how alike they are."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import ray
from ray.cluster_utils import Cluster as Nodes
from sqlalchemy import select, update

from sampling.simulation.head import fit_head
from sampling.simulation.labelled_set import LabelledSet
from sampling.simulation.protocol import Schedule, World, top1
from sampling.simulation.study import Study, run
from service.context import Context, make_context
from service.models.queries import newest_move
from service.records import LooksRecord, SignatureRecord
from service.rounds.resigning import renew_all
from service.scale.cluster import connected
from service.scale.resigning import renew_on
from service.scale.scoring import score
from service.scale.simulating import curves_on
from service.settings import Settings

TABLES = (SignatureRecord, LooksRecord)
Tables = list[list[dict[str, Any]]]


def made_labels() -> LabelledSet:
    chance, captures, each = np.random.default_rng(0), 60, 4
    labels = chance.integers(0, 6, captures * each)
    vectors = chance.normal(size=(6, 16))[labels] + 0.7 * chance.normal(size=(captures * each, 16))
    unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    owners, fours = np.repeat(np.arange(captures), each), np.full(captures, each)
    flat = np.zeros(captures, np.int64)
    return LabelledSet("made", unit, labels, owners, 6, fours, 2.5 * fours, flat, np.arange(captures) % 5)


def kept(context: Context) -> Tables:
    with context.database.read() as session:
        return [
            [{c.key: getattr(row, c.key) for c in kind.__table__.columns} for row in session.scalars(select(kind))]
            for kind in TABLES
        ]


def put_back(context: Context, tables: Tables) -> None:
    with context.database.write() as session:
        for kind, rows in zip(TABLES, tables, strict=True):
            session.execute(update(kind), rows)


def by_id(tables: Tables) -> list[dict[str, dict[str, Any]]]:
    return [{row["capture_id"]: row for row in rows} for rows in tables]


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    begin = time.perf_counter()
    return work(), round(time.perf_counter() - begin, 1)


def main() -> None:
    context = make_context(Settings())
    study = Study(World(made_labels(), fit_head, top1, Schedule(12, 12, 3)), ("random", "margin"), range(2))
    with context.database.read() as session:
        move = newest_move(session)
    before = kept(context)
    context.serving.refresh()
    _, local_seconds = timed(lambda: renew_all(context, move.id))
    local = by_id(kept(context))
    scores, curves = score(context, move.model_version), list(run(study))
    put_back(context, before)
    nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    nodes.add_node(num_cpus=1)
    try:
        with connected(nodes.address, workers=2) as cluster:
            alive = sum(node["Alive"] for node in ray.nodes())
            looked, ray_seconds = timed(lambda: renew_on(context, cluster))
            far = by_id(kept(context))
            far_scores, far_curves = score(context, move.model_version, cluster), curves_on(study, cluster)
    finally:
        nodes.shutdown()
    numbers = [row["value"] for row in scores]
    json.dump(
        {
            "nodes": alive,
            "looked_at": looked,
            "changed": sum(row["model_version"] == move.model_version for row in far[0].values()),
            "signatures_alike": far[0] == local[0],
            "looks_alike": far[1] == local[1],
            "scores": len(scores),
            "scores_alike": far_scores == scores,
            "different_scores": len(set(numbers)),
            "curves_alike": far_curves == curves,
            "curves": len(curves),
            "seconds": {"local": local_seconds, "ray": ray_seconds},
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
