"""Steps that several migrations take, in the words of either store."""

from __future__ import annotations

from alembic import op

_REFUSE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is only added to', TG_TABLE_NAME USING ERRCODE = '23000'; END $$
"""


def only_add(table: str, named: str = "") -> None:
    """From now on no row of ``table`` is changed or deleted; ``named`` is what its refusal calls
    it."""
    postgres = op.get_context().dialect.name == "postgresql"
    if postgres:
        op.execute(_REFUSE)
    for change in ("UPDATE", "DELETE"):
        head = f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
        if postgres:
            op.execute(f"{head}FOR EACH ROW EXECUTE FUNCTION refuse_change()")
        else:
            words = f"{named or table} is only added to"
            op.execute(f"{head}BEGIN SELECT RAISE(ABORT, '{words}'); END")


def random_ids(table: str, column: str) -> None:
    """Give every row of ``table`` 128 random bits in hexadecimal."""
    postgres = op.get_context().dialect.name == "postgresql"
    fresh = (
        "replace(gen_random_uuid()::text, '-', '')" if postgres else "lower(hex(randomblob(16)))"
    )
    op.execute(f"UPDATE {table} SET {column} = {fresh}")
