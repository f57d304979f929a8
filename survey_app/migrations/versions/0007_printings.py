"""Particulars, seal and texts of the printed bulletin, in versions that nothing changes"""

import sqlalchemy as sa
from alembic import op

from survey_app.migrations.steps import only_add

revision = "0007"
down_revision = "0006"
TABLE = "printings"


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("cycle", sa.String(length=40), nullable=False),
        sa.Column("edition", sa.String(length=12), nullable=False),
        sa.Column("particulars", sa.Text(), nullable=False),
        sa.Column("texts", sa.Text(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_printings_cycle", TABLE, ["cycle"])
    only_add(TABLE)


def downgrade() -> None:
    """Take this step back."""
    op.drop_index("ix_printings_cycle", TABLE)
    op.drop_table(TABLE)
