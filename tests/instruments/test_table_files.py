"""A file that certainly keeps its contract is told so without a frame; every other is left open."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from instruments.table_files import keeps_contract
from instruments.tables import INTEGER, TEXT, Column, Table

TABLE = Table(
    "answers",
    "作答",
    (
        Column("response", TEXT, "编号"),
        Column("status", TEXT, "状态", categories=("accepted", "amended")),
        Column("q", TEXT, "题", nullable=True, categories=("1", "2")),
        Column("n", INTEGER, "数", nullable=True),
    ),
    ("response",),
)
GOOD = {
    "response": pa.array(["r1", "r2", "r3"]),
    "status": pa.array(["accepted", "amended", "accepted"]),
    "q": pa.array(["1", None, "2"]),
    "n": pa.array([1, None, 3], pa.int64()),
}


def kept(folder: Path, **changed: pa.Array | None) -> bool:
    columns = {name: value for name, value in (GOOD | changed).items() if value is not None}
    path = folder / "answers.parquet"
    pq.write_table(pa.table(columns), path)
    return keeps_contract(path, table=TABLE)


def test_what_is_as_it_was_written_is_kept(tmp_path: Path) -> None:
    assert kept(tmp_path)
    assert kept(tmp_path, **{name: column[:0] for name, column in GOOD.items()})


@pytest.mark.parametrize(
    "changed",
    [
        {"response": pa.array(["r1", "r1", "r3"])},
        {"response": pa.array(["r2", "r1", "r3"])},
        {"response": pa.array(["r1", None, "r3"])},
        {"status": pa.array(["accepted", None, "accepted"])},
        {"q": pa.array(["1", None, "9"])},
        {"n": pa.array(["1", None, "3"])},
        {"n": pa.array([1.5, None, 3.0])},
        {"n": None},
        {"more": pa.array([1, 2, 3])},
        {"response": pa.array([b"r1", b"r2", b"\xff"]).cast(pa.binary()).view(pa.string())},
    ],
    ids=["twice", "order", "no key", "null", "category", "text", "number", "gone", "more", "utf-8"],
)
def test_everything_else_is_left_open(changed: dict[str, pa.Array | None], tmp_path: Path) -> None:
    assert not kept(tmp_path, **changed)


def test_what_cannot_be_read_is_left_open(tmp_path: Path) -> None:
    assert not keeps_contract(tmp_path / "nothing.parquet", table=TABLE)
    (tmp_path / "bent.parquet").write_bytes(b"PAR1 bent PAR1")
    assert not keeps_contract(tmp_path / "bent.parquet", table=TABLE)
