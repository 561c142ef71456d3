"""Statements that run at every request, lease or submission: compiled once, then handed to the driver as they are.

SQLAlchemy looks a statement up again by all its parts whenever it is executed, and dresses every row. For statements
as large as the queue's that takes longer than the database takes to answer them (`make bench-queue`). Waiting for one
answer before the next question takes as long again, so what can be asked at once is (`rows_together`).
"""

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Connection,
    Delete,
    Dialect,
    Insert,
    Select,
    String,
    TextClause,
    Update,
    any_,
    bindparam,
    func,
    insert,
    inspect,
    select,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import InstrumentedAttribute, Session, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict, set_committed_value

from service.database import Database
from service.records import Record

R = TypeVar("R", bound=Any)  # a record; of a mixin of records mypy does not know that it is one
T = TypeVar("T")
Statement = Select[*tuple[Any, ...]] | Insert | Update | Delete | TextClause
Processor = Callable[[Any], Any]


class Prepared:
    """One statement, compiled for each kind of database when it first runs there."""

    def __init__(self, make: Callable[[str], Statement]) -> None:
        """Take what makes the statement from the name of a dialect.

        Its parameters are `bindparam`s with names, none of them expanding (`is_one_of` takes lists); its columns have
        different names.
        """
        self._make = make
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, session: Session, values: Mapping[str, Any]) -> list[Any]:
        """Run it within a session's transaction, after what is pending there, and return the rows.

        They are tuples with columns as attributes.

        Raises:
            sqlalchemy.exc.DBAPIError: as `Session.execute` does.
            KeyError: where a parameter has no value.
        """
        session.flush()
        return self._run(session.connection(), values)

    def alone(self, database: Database, values: Mapping[str, Any]) -> list[Any]:
        """Run it as a transaction of its own, which spares a look-up that begins and ends one, and return the rows.

        Raises:
            sqlalchemy.exc.DBAPIError: as `Session.execute` does.
            KeyError: where a parameter has no value.
        """
        with database.single.connect() as connection:
            return self._run(connection, values)

    def _run(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        return self.compiled_for(connection).run(connection, values)

    def compiled_for(self, connection: Connection) -> "_Compiled":
        """Return it compiled for the kind of database that is connected."""
        name = connection.dialect.name
        if name not in self._compiled:
            self._compiled[name] = _Compiled(self._make(name), connection.dialect)
        return self._compiled[name]


Asked = tuple[Prepared, Mapping[str, Any]]  # a statement and the values of its parameters


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """A statement with the values of its parameters, and what its rows mean; several can be asked at once.

    Attributes:
        asked: the statement and the values.
        read: makes the answer of the rows; may ask further.
    """

    asked: Asked
    read: Callable[[Session, list[Any]], T]

    def ask(self, session: Session) -> T:
        """Run it within a session's transaction, after what is pending there, and return the answer."""
        statement, values = self.asked
        return self.read(session, statement.rows(session, values))


def rows_together(session: Session, *statements: Asked) -> list[list[Any]]:
    """Run statements one after the other, none of which needs what an earlier one returns, and return their rows.

    A database that is asked over a wire gets all of them at once. See `Prepared.rows`.
    """
    session.flush()
    connection = session.connection()
    prepared = [(statement.compiled_for(connection), values) for statement, values in statements]
    if len(prepared) == 1 or connection.dialect.driver != "psycopg":
        return [statement.run(connection, values) for statement, values in prepared]
    with _errors_of(connection, "; ".join(statement.text for statement, _ in prepared)):
        with connection.connection.driver_connection.pipeline():  # type: ignore[union-attr]
            cursors = [statement.send(connection, values) for statement, values in prepared]
        return [statement.receive(cursor, connection) for (statement, _), cursor in zip(prepared, cursors, strict=True)]


def is_one_of(column: InstrumentedAttribute[str], name: str, dialect: str) -> ColumnElement[bool]:
    """Say that a column of texts is one of those in a parameter, a list of any length."""
    listed = bindparam(name, type_=JSON)
    if dialect == "postgresql":
        values = select(func.json_array_elements_text(listed)).scalar_subquery()
        return column == any_(func.array(values, type_=ARRAY(String)))
    return column.in_(select(func.json_each(listed).table_valued("value").c.value))


def add_now(session: Session, kind: type[R], values: dict[str, Any], *then: Asked) -> R:
    """Insert a row at once, given all columns of its table, run statements that follow, and return its record."""
    inserting = _inserting(kind)  # type: ignore[arg-type]  # mypy does not see that a class is hashable
    rows_together(session, (inserting, values), *then)
    return _known(session, kind, values)


def loaded(session: Session, kind: type[R], row: Any) -> R:
    """Return the record of a row with all columns of its table, as if the session had loaded it just now."""
    return _known(session, kind, row._asdict())


def _known(session: Session, kind: type[R], values: dict[str, Any]) -> R:
    record = inspect(kind).class_manager.new_instance()
    instance_dict(record).update(values)
    make_transient_to_detached(record)
    known = session.identity_map.get(inspect(record).key)
    if known is None:
        session.add(record)
        return cast(R, record)
    for name, value in values.items():
        set_committed_value(known, name, value)
    return cast(R, known)


@cache
def _inserting(kind: type[Record]) -> Prepared:
    parameters = {column.name: bindparam(column.name, type_=column.type) for column in kind.__table__.columns}
    return Prepared(lambda _: insert(kind).values(parameters))


class _Compiled:
    """A statement's text for one kind of database, and how its parameters and columns are translated."""

    def __init__(self, statement: Statement, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        into = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in binds.items()}
        self.text = str(compiled)
        self._given = [(name, into[name]) for name, bind in binds.items() if bind.required]
        self._fixed = {name: _put(bind.value, into[name]) for name, bind in binds.items() if not bind.required}
        self._places = compiled.positiontup  # None where parameters go by their names
        columns = () if isinstance(statement, TextClause) else statement.exported_columns
        self._columns = [(str(column.key), column.type) for column in columns]
        self._row: Any = _row_of(tuple(name for name, _ in self._columns))
        self._read: list[tuple[int, Processor]] | None = None

    def run(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        with _errors_of(connection, self.text):
            return self.receive(self.send(connection, values), connection)

    def send(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        named = {name: _put(values[name], into) for name, into in self._given} | self._fixed
        cursor = connection.connection.cursor()
        cursor.execute(self.text, named if self._places is None else [named[name] for name in self._places])
        return cursor

    def receive(self, cursor: Any, connection: Connection) -> list[Any]:
        with closing(cursor):
            return self._rows(cursor, connection.dialect) if self._columns else []

    def _rows(self, cursor: Any, dialect: Dialect) -> list[Any]:
        if self._read is None:
            out_of = [
                kind.dialect_impl(dialect).result_processor(dialect, described[1])
                for (_, kind), described in zip(self._columns, cursor.description, strict=True)
            ]
            self._read = [(place, read) for place, read in enumerate(out_of) if read is not None]
        rows = []
        for row in cursor.fetchall():
            cells = list(row)
            for place, read in self._read:
                cells[place] = read(cells[place])
            rows.append(self._row(cells))
        return rows


@contextmanager
def _errors_of(connection: Connection, text: str) -> Iterator[None]:
    base = connection.dialect.loaded_dbapi.Error
    try:
        yield
    except base as error:
        raise DBAPIError.instance(text, None, error, base, dialect=connection.dialect) from error


def _row_of(columns: tuple[str, ...]) -> Any:
    row: Any = namedtuple("Row", columns)  # type: ignore[misc]
    return row._make


def _put(value: Any, into: Processor | None) -> Any:
    return value if into is None else into(value)
