"""Attempts at passwords are counted apart from the accounts"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "attempts",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("until", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attempts_until"), ["until"], unique=False)

    # in place: a table made anew would drop one that the sign-ins refer to
    with op.batch_alter_table("accounts", schema=None, recreate="never") as batch_op:
        batch_op.drop_column("failures")
        batch_op.drop_column("locked_until")


def downgrade() -> None:
    """Take this step back."""
    with op.batch_alter_table("accounts", schema=None, recreate="never") as batch_op:
        none = sa.text("0")
        batch_op.add_column(
            sa.Column("failures", sa.Integer(), nullable=False, server_default=none)
        )
        batch_op.add_column(
            sa.Column("locked_until", sa.Integer(), nullable=False, server_default=none)
        )
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attempts_until"))

    op.drop_table("attempts")
