"""Uploads of experts' devices, which nothing changes afterwards"""

import sqlalchemy as sa
from alembic import op

from survey_app.migrations.steps import only_add

revision = "0013"
down_revision = "0012"
TABLE = "arrivals"


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        TABLE,
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("expert", sa.String(length=40), nullable=False),
        sa.Column("visit", sa.String(length=40), nullable=False),
        sa.Column("session", sa.String(length=40), nullable=False),
        sa.Column("record", sa.String(length=32), nullable=False),
        sa.Column("standing", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "expert"),
        sqlite_with_rowid=False,
    )
    op.create_index(f"ix_{TABLE}_visit", TABLE, ["visit"])
    only_add(TABLE)


def downgrade() -> None:
    """Take this step back."""
    op.drop_table(TABLE)
