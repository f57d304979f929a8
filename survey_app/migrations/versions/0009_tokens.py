"""Rosters of remote trainees, windows in which they fetch tokens, and the tokens that are spent"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "token_windows",
        sa.Column("target", sa.String(length=60), nullable=False),
        sa.Column("modulus", sa.Text(), nullable=False),
        sa.Column("until", sa.String(length=10), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("fetched", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("target"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "token_keys",
        sa.Column("target", sa.String(length=60), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("target"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "roster",
        sa.Column("target", sa.String(length=60), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("blinded", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("target", "digest"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "spent_tokens",
        sa.Column("target", sa.String(length=60), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("target", "digest"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take this step back."""
    for table in ("spent_tokens", "roster", "token_keys", "token_windows"):
        op.drop_table(table)
