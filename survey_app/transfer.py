"""One store's rows into another, in key order; the command `guopei transfer`."""

from __future__ import annotations

from dataclasses import replace

import click
from sqlalchemy import Connection, Engine, Table, func, insert, select

from instruments.faults import FaultsFound, Place, refuse
from survey_app.models import Base

BATCH = 1000
"""Rows written by one statement."""


@click.command("transfer")
@click.option(
    "--to",
    "database",
    required=True,
    metavar="地址",
    help="PostgreSQL数据库，如 postgresql://用户名@主机/库名；写 sqlite 即搬回实例里的文件。",
)
def transfer(database: str) -> None:
    """把实例的数据库搬到另一个（空的）数据库，设置随之改写。

    搬之前请先停下站点。各行按键的次序写入，从新库看不出作答的先后；原来的库不动，请确认新库
    无误后自行删除。
    """
    from survey_app import db, migration
    from survey_app.config import CONFIG, moved_config, value_faults
    from survey_app.instance import write_whole
    from survey_app.opening import open_instance

    wanted = "" if database == "sqlite" else database
    if faults := value_faults({"database": wanted}, lambda _key: Place()):
        raise FaultsFound(faults)
    source, settings = open_instance()
    target = db.make_engine(replace(settings, database=wanted).address)
    migration.upgrade(target)
    rows = copy_store(source, target)
    config = settings.home / CONFIG
    write_whole(config, moved_config(config.read_text(encoding="utf-8"), wanted))
    for engine in (source, target):
        engine.dispose()
    click.echo(f"已搬到新库（{rows}行），config.toml已改写。")


def copy_store(source: Engine, target: Engine) -> int:
    """Copy every row of a store into an empty one that has our tables, by one
    transaction of each; returns how many. Raises FaultsFound when the other has rows."""
    reading = source.execution_options(access="reading")
    rows = 0
    with reading.connect() as old, target.begin() as new:
        for table in Base.metadata.sorted_tables:
            if new.scalar(select(func.count()).select_from(table)):
                raise refuse("site.store_not_empty", table=table.name)
            rows += _copy_table(old, new, table)
    return rows


def _copy_table(old: Connection, new: Connection, table: Table) -> int:
    count = 0
    ordered = select(table).order_by(*table.primary_key.columns)
    for batch in old.execute(ordered).mappings().partitions(BATCH):
        new.execute(insert(table), [dict(row) for row in batch])
        count += len(batch)
    return count
