"""What experts rate of described sessions, which nothing changes afterwards"""

import sqlalchemy as sa
from alembic import op

from survey_app.migrations.steps import only_add

revision = "0015"
down_revision = "0014"
TABLE = "training_ratings"


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        TABLE,
        sa.Column("cycle", sa.String(length=40), nullable=False),
        sa.Column("expert", sa.String(length=40), nullable=False),
        sa.Column("training", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("session", sa.String(length=20), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("levels", sa.Text(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["cycle"], ["cycles.code"]),
        sa.PrimaryKeyConstraint("cycle", "expert", "training", "version", "session", "attempt"),
        sqlite_with_rowid=False,
    )
    only_add(TABLE)


def downgrade() -> None:
    """Take this step back."""
    op.drop_table(TABLE)
