"""A nonce beside each response, and the published lists of receipts, which nothing changes"""

import sqlalchemy as sa
from alembic import op

from survey_app.migrations.steps import only_add, random_ids

revision = "0008"
down_revision = "0007"
TABLE = "receipt_lists"


def upgrade() -> None:
    """Apply this step. Responses from before get a nonce that nobody has: they stand in the list,
    and their receipts, which were made otherwise, are not found there."""
    op.add_column(
        "responses", sa.Column("nonce", sa.String(length=32), nullable=False, server_default="")
    )
    random_ids("responses", "nonce")
    op.create_table(
        TABLE,
        sa.Column("cycle", sa.String(length=40), nullable=False),
        sa.Column("edition", sa.String(length=12), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("leaves", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("cycle", "edition"),
        sqlite_with_rowid=False,
    )
    only_add(TABLE)


def downgrade() -> None:
    """Take this step back."""
    op.drop_table(TABLE)
    op.drop_column("responses", "nonce")
