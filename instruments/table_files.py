"""Whether a Parquet file keeps its table's contract, column by column, without a frame of it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from instruments.tables import BOOLEAN, DATE, INTEGER, NUMBER, TEXT, Column, Table

ARROW = {
    TEXT: pa.string(),
    DATE: pa.string(),
    INTEGER: pa.int64(),
    NUMBER: pa.float64(),
    BOOLEAN: pa.bool_(),
}
"""Type of a column in a file that ``write_extract`` writes."""


def keeps_contract(path: Path, *, table: Table) -> bool:
    """Whether the file at ``path`` certainly is as ``write_extract`` writes ``table``.

    True: names and types are the contract's, no value is null where it may not be or lies outside
    its categories, texts are UTF-8, rows stand in order of a single key that does not repeat.
    False: something is otherwise, or cannot be told so; ``tables.conform`` says whether it is a
    fault, and in what words. One column at a time is in memory.
    """
    try:
        file = pq.ParquetFile(path, read_dictionary=_repeating(table))
        if len(table.key) > 1 or not _as_written(file.schema_arrow, table):
            return False
        return all(_column_kept(_values(file, one.name), one, table) for one in table.columns)
    except (OSError, ValueError, TypeError, pa.ArrowException):
        return False


def _repeating(table: Table) -> list[str]:
    """Text columns but keys: each value is then read, and looked at, once."""
    return [
        c.name for c in table.columns if ARROW[c.type] == pa.string() and c.name not in table.key
    ]


def _as_written(schema: pa.Schema, table: Table) -> bool:
    known = {column.name: ARROW[column.type] for column in table.columns}
    own = b"pandas" not in (schema.metadata or {})  # else a column may be an index
    return (
        own
        and schema.names == table.names
        and all(_plain(field.type) == known[field.name] for field in schema)
    )


def _plain(type_: pa.DataType) -> pa.DataType:
    return type_.value_type if pa.types.is_dictionary(type_) else type_


def _values(file: pq.ParquetFile, name: str) -> pa.ChunkedArray:
    return file.read(columns=[name], use_threads=False).column(0)


def _column_kept(values: pa.ChunkedArray, column: Column, table: Table) -> bool:
    values.validate(full=True)
    if not column.nullable and values.null_count:
        return False
    if column.categories and not _within(values, column.categories):
        return False
    return column.name not in table.key or _rising(values)


def _within(values: pa.ChunkedArray, categories: tuple[str, ...]) -> bool:
    known = {*categories, None}
    if pa.types.is_dictionary(values.type):
        listed = [chunk.dictionary.to_pylist() for chunk in values.chunks]
        if all(known.issuperset(codes) for codes in listed):
            return True  # a code may be listed and not be used
    return known.issuperset(values.unique().to_pylist())


def _rising(values: pa.ChunkedArray) -> bool:
    whole = pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], values.type)
    return bool(pc.all(pc.less(whole[:-1], whole[1:])).as_py() is not False)
