"""SQL about how models do in service."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from service.records import ModelUseRecord


@dataclass(frozen=True, slots=True)
class Use:
    """What all servers asked of one model within some time."""

    passes: int
    errors: int
    seconds: float

    @property
    def answered(self) -> int:
        """Passes without an error."""
        return self.passes - self.errors

    @property
    def milliseconds(self) -> float | None:
        """Mean time of a pass that was answered; None without one."""
        return 1000 * self.seconds / self.answered if self.answered else None


def add_use(
    session: Session, version: int, now: datetime, server: str, passes: int, errors: int, seconds: float
) -> None:
    """Add passes of a server to the present minute."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    key = {"model_version": version, "minute": minute_of(now), "server": server}
    counts = {"passes": passes, "errors": errors, "seconds": seconds}
    columns = ModelUseRecord.__table__.c
    more = {name: columns[name] + value for name, value in counts.items()}
    session.execute(
        insert(ModelUseRecord).values(**key, **counts).on_conflict_do_update(index_elements=list(key), set_=more)
    )


def use_between(session: Session, version: int, begin: datetime, end: datetime) -> Use:
    """Add up what was asked of a model in the minutes from `begin` up to, without, `end`."""
    record = ModelUseRecord
    query = select(func.sum(record.passes), func.sum(record.errors), func.sum(record.seconds))
    of_model = query.where(record.model_version == version, record.minute >= begin, record.minute < end)
    passes, errors, seconds = session.execute(of_model).one()
    return Use(int(passes or 0), int(errors or 0), float(seconds or 0))


def forget_use(session: Session, before: datetime) -> None:
    """Delete what is older."""
    session.execute(delete(ModelUseRecord).where(ModelUseRecord.minute < before))


def minute_of(time: datetime) -> datetime:
    """Return the beginning of a time's minute."""
    return time.replace(second=0, microsecond=0)
