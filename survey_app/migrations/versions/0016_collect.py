"""ODK Collect as an app for experts: keys, what it has sent, files"""

import sqlalchemy as sa
from alembic import op

from survey_app.migrations.steps import only_add

revision = "0016"
down_revision = "0015"
KEYS, SUBMISSIONS, FILES = "collect_keys", "collect_submissions", "collect_files"


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        KEYS,
        sa.Column("login", sa.String(length=60), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("expert", sa.String(length=40), nullable=False),
        sa.Column("cycle", sa.String(length=40), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("login"),
        sa.UniqueConstraint("digest"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        SUBMISSIONS,
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("expert", sa.String(length=40), nullable=False),
        sa.Column("instance", sa.String(length=100), nullable=False),
        sa.Column("replaces", sa.String(length=100), nullable=False),
        sa.Column("clashes", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "expert"),
        sqlite_with_rowid=False,
    )
    op.create_index(f"ix_{SUBMISSIONS}_instance", SUBMISSIONS, ["instance"])
    op.create_table(
        FILES,
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("submission", sa.String(length=64), nullable=False),
        sa.Column("expert", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index(f"ix_{FILES}_submission", FILES, ["submission"])
    for table in (SUBMISSIONS, FILES):
        only_add(table)


def downgrade() -> None:
    """Take this step back."""
    for table in (FILES, SUBMISSIONS, KEYS):
        op.drop_table(table)
