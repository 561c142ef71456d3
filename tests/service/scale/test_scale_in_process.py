"""What the work on a cluster does, with a stand-in for Ray that calls the same workers in this process."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from service.cli import app
from service.context import Context
from service.models.service import add_promotion
from service.models.serving import Serving
from service.records import CaptureRecord, LooksRecord, SignatureRecord
from service.rounds.resigning import Overtaken, renew_all
from service.scale.resigning import renew_on
from service.scale.scoring import COLUMNS, score
from service.signature_numbers import unpacked


@dataclass
class InProcess:
    """Hands batches to one worker."""

    batch: int = 2

    def mapped(self, rows: Sequence[dict[str, Any]], worker: type, *arguments: Any) -> Iterator[dict[str, Any]]:
        import pyarrow

        one = worker(*arguments)
        try:
            for start in range(0, len(rows), self.batch):
                yield from one(pyarrow.Table.from_pylist(list(rows[start : start + self.batch]))).to_pylist()
        finally:
            one._context.database.close()  # with Ray the process ends


@pytest.fixture
def pool(context: Context, fill_pool: Any) -> Context:
    """Three captures whose signatures model 0 left; the starter serves, as it is."""
    fill_pool(3)
    with context.database.write() as session:
        session.execute(update(SignatureRecord).values(model_version=0))
    return replace(context, serving=Serving(context.settings, context.database))


def kept(context: Context) -> list[dict[str, Any]]:
    with context.database.read() as session:
        rows = [*session.scalars(select(SignatureRecord)), *session.scalars(select(LooksRecord))]
        return [{column.key: getattr(row, column.key) for column in row.__table__.columns} for row in rows]


def test_signatures_come_out_as_the_workers_own_job_renews_them(pool: Context) -> None:
    before = kept(pool)
    renew_all(pool, promotion=1)
    renewed = kept(pool)
    assert renewed != before
    with pool.database.write() as session:
        for kind, rows in ((SignatureRecord, before[:3]), (LooksRecord, before[3:])):
            session.execute(update(kind), rows)
    assert renew_on(pool, InProcess()) == 3
    assert kept(pool) == renewed
    assert renew_on(pool, InProcess()) == 0


def test_a_photo_that_cannot_be_read_is_given_up_and_the_rest_goes_on(pool: Context) -> None:
    with pool.database.read() as session:
        lost = session.scalars(select(CaptureRecord).order_by(CaptureRecord.id)).first()
    pool.images.delete(lost.image_key)
    renew_on(pool, InProcess(batch=1))  # also where a whole batch has no answer
    with pool.database.read() as session:
        versions = {one.capture_id: one.model_version for one in session.scalars(select(SignatureRecord))}
    assert versions.pop(lost.id) == -1
    assert set(versions.values()) == {1}


def test_another_champion_ends_it(pool: Context) -> None:
    class Promoting(InProcess):
        def mapped(self, *given: Any) -> Iterator[dict[str, Any]]:
            with pool.database.write() as session:
                at = pool.clock() + timedelta(days=1)
                add_promotion(session, 1, action="promote", reason="", by="a test", now=at)
            yield from super().mapped(*given)

    with pytest.raises(Overtaken):
        renew_on(pool, Promoting())
    with pool.database.read() as session:
        assert set(session.scalars(select(SignatureRecord.model_version))) == {0}


def test_scores_are_of_the_pool_alone_and_the_same_here_and_there(pool: Context) -> None:
    before = kept(pool)
    here, there = score(pool, 1), score(pool, 1, InProcess())  # type: ignore[arg-type]
    assert kept(pool) == before
    assert here == there
    (only,) = here  # the two others are tasks
    assert tuple(only) == COLUMNS
    renew_all(pool, promotion=1)
    with pool.database.read() as session:
        signature = session.get_one(SignatureRecord, only["capture_id"])
    numbers = unpacked(signature.numbers)
    assert {name: only[name] for name in ("value", "plain", "boxes", "doubted")} == {
        name: numbers[name] for name in ("value", "plain", "boxes", "doubted")
    }
    assert (only["facings"], only["gaps"], only["unknown"]) == (signature.facings, signature.gaps, signature.unknown)


def test_without_ray_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setenv("SHELFLOOP_HOME", str(settings.home))
    monkeypatch.setenv("SHELFLOOP_DATABASE_URL", settings.database_url)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    done = CliRunner().invoke(app, ["scale", "resign"])
    assert (done.exit_code, "pip install 'shelfloop[scale]'" in done.output) == (1, True)
