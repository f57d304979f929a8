"""Photos of experts and where they belong, and amendments of what was signed: only added to"""

import sqlalchemy as sa
from alembic import op

from survey_app.migrations.steps import only_add

revision = "0014"
down_revision = "0013"
TABLES = ("photo_places", "photos", "amendments")
ONE = "ix_observations_one"
BEFORE, NOW = "status != 'conflict'", "status NOT IN ('conflict', 'amended')"


def _one_of(current: str) -> None:
    """A session of a visit has one record that is ``current``."""
    op.drop_index(ONE, table_name="observations")
    op.create_index(
        ONE,
        "observations",
        ["visit", "session"],
        unique=True,
        sqlite_where=sa.text(current),
        postgresql_where=sa.text(current),
    )


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "photo_places",
        sa.Column("expert", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("visit", sa.String(length=40), nullable=False),
        sa.Column("session", sa.String(length=40), nullable=False),
        sa.Column("item", sa.String(length=40), nullable=False),
        sa.Column("original", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("expert", "sha256", "visit", "session", "item"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "photos",
        sa.Column("expert", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("refusal", sa.String(length=20), nullable=False),
        sa.Column("stored", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("expert", "sha256"),
        sa.UniqueConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "amendments",
        sa.Column("after", sa.String(length=32), nullable=False),
        sa.Column("before", sa.String(length=32), nullable=False),
        sa.Column("visit", sa.String(length=40), nullable=False),
        sa.Column("session", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=60), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("after"),
        sa.UniqueConstraint("before"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_amendments_visit", "amendments", ["visit"])
    for table in TABLES:
        only_add(table)
    _one_of(NOW)


def downgrade() -> None:
    """Take this step back."""
    _one_of(BEFORE)
    for table in reversed(TABLES):
        op.drop_table(table)
