"""Versions of frameworks and their states, which nothing changes afterwards; previews as jobs"""

import sqlalchemy as sa
from alembic import op

from survey_app.migrations.steps import only_add

revision = "0006"
down_revision = "0005"
TABLES = ("framework_versions", "framework_states")


def upgrade() -> None:
    """Apply this step."""
    for name in ("draft", "outcome"):
        op.execute(f"ALTER TABLE jobs ADD COLUMN {name} TEXT DEFAULT '' NOT NULL")
    op.create_table(
        "framework_versions",
        sa.Column("cycle", sa.String(length=40), nullable=False),
        sa.Column("scorecard", sa.String(length=8), nullable=False),
        sa.Column("version", sa.String(length=60), nullable=False),
        sa.Column("framework", sa.String(length=60), nullable=False),
        sa.Column("base", sa.String(length=60), nullable=False),
        sa.Column("base_sha", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("proposer", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("results_visible", sa.Boolean(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("cycle", "scorecard", "version"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "framework_states",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("cycle", sa.String(length=40), nullable=False),
        sa.Column("scorecard", sa.String(length=8), nullable=False),
        sa.Column("version", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("organ", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("date", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_framework_states_cycle", "framework_states", ["cycle"])
    for table in TABLES:
        only_add(table)


def downgrade() -> None:
    """Take this step back."""
    op.drop_index("ix_framework_states_cycle", "framework_states")
    for table in TABLES:
        op.drop_table(table)
    for name in ("draft", "outcome"):
        op.execute(f"ALTER TABLE jobs DROP COLUMN {name}")
