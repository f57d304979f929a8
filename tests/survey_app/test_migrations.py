"""A store of the first release takes every later shape and keeps its rows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, text

from site_for_tests import build
from survey_app import create_app, db, migration
from survey_app.config import load_settings
from survey_app.instance import instance

FIRST = {
    "cycles": "('2021', '2021年度', 2021, 0, '开放', '', '', '', '')",
    "institutions": "('2021', 'I1', '示例院校甲', 'university')",
    "projects": "('2021', 'P1', '项目一', 'it_team', 'blended', 'I1', 'open_tender', 0)",
    "classes": "('C1', '2021', '一班', 'P1', '', 30, '2021-09-01', '2021-09-10')",
    "structure": "('C1', 'primary', '6-15', 'rural', 30)",
    "sessions": "('S1', 'C1', '2021-09-02', '讲座', '甲')",
    "experts": "('2021', 'E1', '专家一', '别处', '', '140105', '语文')",
    "visits": "('V1', 'C1', '2021-09-02', 'E1', 'S1', '', '', 0)",
    "tickets": "('digest', 'class:C1', 0)",
    "responses": "('r1', 'trainee_core', '1.0', 'C1', '', '2021-09-10', '', '{\"q01\": \"4\"}')",
    "accounts": "('E1', '专家一', 'expert', 'E1', 'hash', 0, 0)",
    "sign_ins": "('digest', 'E1', 99)",
}
"""One row of every kind, in the columns of migration 0001."""


def first_release(home: Path) -> Engine:
    with instance(home, title="测试站", base_url="http://localhost") as settings:
        engine = db.make_engine(settings.address)
        config = migration._config()
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "0001")
            for table, values in FIRST.items():
                connection.execute(text(f"INSERT INTO {table} VALUES {values}"))
        engine.dispose()
    return db.make_engine(load_settings(home).address)


def content(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    with engine.connect() as connection:
        return {
            t: [tuple(r) for r in connection.execute(text(f"SELECT * FROM {t}"))] for t in FIRST
        }


def shapes(engine: Engine) -> dict[str, str]:
    query = text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
    with engine.connect() as connection:
        return {name: sql for name, sql in connection.execute(query)}


def test_rows_of_the_first_release_stay(tmp_path: Path) -> None:
    engine = first_release(tmp_path)
    former = content(engine)
    migration.upgrade(engine)
    later = content(engine)
    assert later.pop("accounts") == [former.pop("accounts")[0][:5]]  # attempts have a table now
    assert later.pop("projects") == [(*former.pop("projects")[0], "")]
    assert later.pop("cycles") == [(*former.pop("cycles")[0], "", "")]
    [response] = later.pop("responses")
    *kept, nonce, medium, pairing = response
    assert tuple(kept) == former.pop("responses")[0]
    assert re.fullmatch("[0-9a-f]{32}", str(nonce))  # a nonce that nobody has
    assert (medium, pairing) == ("online", "")
    assert later == former
    assert "WITHOUT ROWID" in shapes(engine)["projects"]
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    engine.dispose()
    app = create_app(tmp_path)
    assert app.test_client().get("/login").status_code == 200
    app.extensions["engine"].dispose()


@pytest.mark.sqlite
def test_a_migrated_store_has_the_tables_of_a_new_one(tmp_path: Path) -> None:
    migrated = first_release(tmp_path / "old")
    migration.upgrade(migrated)
    fresh = build(tmp_path / "new")
    assert shapes(migrated) == shapes(fresh.engine)
    migrated.dispose()
    fresh.engine.dispose()
