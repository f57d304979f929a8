"""Published versions of instruments, which nothing changes afterwards"""

import sqlalchemy as sa
from alembic import op

from survey_app.migrations.steps import only_add

revision = "0012"
down_revision = "0011"
TABLE = "instrument_versions"


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        TABLE,
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("base", sa.String(length=20), nullable=False),
        sa.Column("verdict", sa.String(length=12), nullable=False),
        sa.Column("cycle", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("code", "version"),
        sqlite_with_rowid=False,
    )
    only_add(TABLE)


def downgrade() -> None:
    """Take this step back."""
    op.drop_table(TABLE)
