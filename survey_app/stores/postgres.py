"""PostgreSQL: answers come side by side, everything else one after the other."""

from __future__ import annotations

import weakref

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects.postgresql import insert as insert  # noqa: PLC0414
from sqlalchemy.exc import ProgrammingError

from instruments.faults import Fault, FaultsFound, fault, refuse
from survey_app.models.base import Base
from survey_app.stores import PATIENCE

_LOCK = 2021_0057
"""Our advisory lock: whoever only adds answers shares it, whoever changes anything else has it
alone, so that rules that look before they write hold as they do on SQLite."""
_BEGIN = {
    "reading": "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    "sharing": f"SELECT pg_advisory_xact_lock_shared({_LOCK})",
    "writing": f"SELECT pg_advisory_xact_lock({_LOCK})",
}
_SESSION = f"-c lock_timeout={PATIENCE} -c synchronous_commit=on -c timezone=UTC"
_DURABLE = {"fsync": ("on",), "full_page_writes": ("on",)}
_SILENT = {
    "track_commit_timestamp": ("off",),
    "log_statement": ("none", "ddl"),
    "log_min_duration_statement": ("-1",),
    "log_min_duration_sample": ("-1",),
    "log_parameter_max_length_on_error": ("0",),
}
_DROPPED = {"wal_recycle": "off", "wal_keep_size": "0", "archive_mode": "off"}
"""With these the server keeps nothing of its log of writes from before its last checkpoint."""


def make_engine(address: str) -> Engine:
    """An engine of at most 32 connections for each process."""
    try:
        engine = create_engine(
            address,
            hide_parameters=True,
            pool_size=16,
            max_overflow=16,
            connect_args={"options": _SESSION, "application_name": "guopei"},
        )
    except ModuleNotFoundError as error:
        raise refuse("site.no_driver") from error
    event.listen(engine, "begin", _on_begin)
    weakref.finalize(engine, engine.pool.dispose)  # the server has only so many connections
    return engine


def _on_begin(connection: Connection) -> None:
    access = connection.get_execution_options().get("access", "writing")
    connection.exec_driver_sql(_BEGIN[access])


def check_server(engine: Engine) -> None:
    """Raise FaultsFound with every setting that would lose answers, keep when they came, or order
    names otherwise than SQLite does."""
    with engine.execution_options(access="reading").connect() as connection:
        faults = [
            fault("site.server_setting", name=name, value=value, wanted=wanted[0])
            for name, wanted in (_DURABLE | _SILENT).items()
            if (value := _setting(connection, name)) not in wanted
        ]
        faults += _database_faults(connection)
    if faults:
        raise FaultsFound(faults)


def _setting(connection: Connection, name: str) -> str:
    return str(connection.exec_driver_sql(f"SHOW {name}").scalar())


def _database_faults(connection: Connection) -> list[Fault]:
    encoding = _setting(connection, "server_encoding")
    if encoding != "UTF8":
        return [fault("site.database_encoding", encoding=encoding)]
    return [] if _sorts_by_bytes(connection) else [fault("site.database_collation")]


def _sorts_by_bytes(connection: Connection) -> bool:
    """No dictionary, whatever provider it comes from, sorts both pairs so."""
    return bool(connection.exec_driver_sql("SELECT 'B' < 'a' AND '乙' < '甲'").scalar())


def forget_order(_engine: Engine) -> None:
    """Nothing: the server's log of writes cannot be emptied by one who uses it."""


def forget_layout(engine: Engine) -> list[Fault]:
    """Write trainees' rows anew in key order, all by one transaction: neither place (ctid) nor
    writer (xmin) of a row then tells when it came. The former files are dropped, and the server's
    log of writes too, as far as it and the site's account allow."""
    with engine.begin() as connection:
        for table in Base.metadata.sorted_tables:
            if table.info.get("trainees"):
                _write_anew(connection, table)
    at_once = engine.execution_options(access="sharing", isolation_level="AUTOCOMMIT")
    with at_once.connect() as connection:
        return _drop_log(connection)


def _write_anew(connection: Connection, table: Table) -> None:
    key = ", ".join(column.name for column in table.primary_key.columns)
    for step in (
        f"CREATE TEMPORARY TABLE anew ON COMMIT DROP AS TABLE {table.name}",
        f"TRUNCATE {table.name}",
        f"INSERT INTO {table.name} SELECT * FROM anew ORDER BY {key}",
        "DROP TABLE anew",
    ):
        connection.exec_driver_sql(step)


def _drop_log(connection: Connection) -> list[Fault]:
    """Begin a new file of the log of writes and let the server drop all before it; what keeps an
    earlier one all the same."""
    kept = [
        fault("site.writes_kept", name=name, value=value, wanted=wanted)
        for name, wanted in _DROPPED.items()
        if (value := _setting(connection, name)) != wanted
    ]
    try:
        connection.exec_driver_sql("SELECT pg_switch_wal()")
        connection.exec_driver_sql("CHECKPOINT")
    except ProgrammingError:  # not allowed: the site's account need not be the server's owner
        account = connection.exec_driver_sql("SELECT current_user").scalar()
        kept.append(fault("site.writes_not_dropped", account=account))
    return kept
