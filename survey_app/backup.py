"""The command `guopei backup`: a copy of the running instance that tells no order of arrival."""

from __future__ import annotations

import shutil
from pathlib import Path

import click
from sqlalchemy import Engine

from survey_app import db, migration
from survey_app.config import CONFIG, Settings, moved_config
from survey_app.transfer import copy_store

APART = ("secrets", "site.db", "site.db-wal", "site.db-shm")
"""Not copied: keys, which are kept apart from what they protect, and the store itself, whose file
fills its pages in the order in which answers come."""


@click.command("backup")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="备份文件夹（须不存在或是空的）。",
)
def backup(out: Path) -> None:
    """备份运行中的实例：数据库、设置和文件，不含密钥。

    数据库按键的次序重写成一个SQLite文件（用PostgreSQL时也是），从备份看不出作答的先后；请不要
    直接复制 site.db。密钥（secrets 文件夹）请另处保管：恢复时放回备份的文件夹，再用 GUOPEI_HOME
    指向它。
    """
    from instruments.arrival import arriving_folder, check_empty
    from survey_app.opening import open_instance
    from survey_app.services.windows import settle

    engine, settings = open_instance()
    with db.transaction(engine) as session:
        settle(session)  # no copy may keep a roster or a key that should be gone
    with arriving_folder(out, check=check_empty) as fresh:
        write_backup(engine, settings, fresh)
    engine.dispose()
    click.echo(f"已备份到 {out}（不含密钥；请另处保管 secrets）。")


def write_backup(engine: Engine, settings: Settings, place: Path) -> None:
    """Copy store and files into the empty folder ``place``: the store first, so that every file
    which it names is there. Whatever the store, its copy is a SQLite file that needs no server."""
    copy = db.make_engine(f"sqlite:///{place / 'site.db'}")
    migration.upgrade(copy)
    copy_store(engine, copy)
    copy.dispose()
    for path in sorted(settings.home.iterdir()):
        if path.name in APART or path.name.startswith("."):
            continue
        if path.is_dir():
            shutil.copytree(path, place / path.name)
        else:
            shutil.copyfile(path, place / path.name)
    config = place / CONFIG
    config.write_text(moved_config(config.read_text(encoding="utf-8"), ""), encoding="utf-8")
