"""How an answer came, the digest of its self-made code, and paper forms that were typed once"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
TABLE = "paper_entries"


def upgrade() -> None:
    """Apply this step. Responses from before came online and without a code."""
    for name, length, usual in (("medium", 8, "online"), ("pairing", 64, "")):
        column = sa.Column(name, sa.String(length), nullable=False, server_default=usual)
        op.add_column("responses", column)
    op.create_table(
        TABLE,
        sa.Column("ticket", sa.String(length=64), nullable=False),
        sa.Column("target", sa.String(length=60), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("pairing", sa.String(length=64), nullable=False),
        sa.Column("author", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("ticket"),
        sqlite_with_rowid=False,
    )
    op.create_index(f"ix_{TABLE}_target", TABLE, ["target"])


def downgrade() -> None:
    """Take this step back."""
    op.drop_index(f"ix_{TABLE}_target", TABLE)
    op.drop_table(TABLE)
    for name in ("pairing", "medium"):
        op.drop_column("responses", name)
