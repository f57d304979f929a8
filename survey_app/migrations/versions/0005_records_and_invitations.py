"""Records with revisions, checks, reminders and files; invitations; a second edition"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Apply this step."""
    # Not in batch mode: it would drop a table that others refer to.
    op.execute("ALTER TABLE accounts RENAME COLUMN expert TO unit")
    with op.batch_alter_table("cycles", schema=None) as batch_op:
        for name in ("first_extract", "first_evaluation"):
            batch_op.add_column(
                sa.Column(name, sa.String(length=120), server_default="", nullable=False)
            )

    op.create_table(
        "records",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("cycle", sa.String(length=40), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("target", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("author", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["cycle"], ["cycles.code"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_records_revision",
        "records",
        ["cycle", "instrument", "target", "revision"],
        unique=True,
        sqlite_where=sa.text("state != '冲突'"),
        postgresql_where=sa.text("state != '冲突'"),
    )
    op.create_index("ix_records_target", "records", ["cycle", "instrument", "target"])
    op.create_table(
        "record_checks",
        sa.Column("record", sa.String(length=32), nullable=False),
        sa.Column("item", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("author", sa.String(length=60), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["records.id"]),
        sa.PrimaryKeyConstraint("record", "item"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reminders",
        sa.Column("cycle", sa.String(length=40), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("target", sa.String(length=40), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("author", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["cycle"], ["cycles.code"]),
        sa.PrimaryKeyConstraint("cycle", "instrument", "target", "day"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "files",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("cycle", sa.String(length=40), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("target", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=60), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["cycle"], ["cycles.code"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_files_target", "files", ["cycle", "instrument", "target"])
    op.create_table(
        "invitations",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("login", sa.String(length=60), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("until", sa.Integer(), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_invitations_login", "invitations", ["login"])


def downgrade() -> None:
    """Take this step back."""
    for table in ("invitations", "files", "reminders", "record_checks", "records"):
        op.drop_table(table)
    op.execute("ALTER TABLE cycles DROP COLUMN first_evaluation")
    op.execute("ALTER TABLE cycles DROP COLUMN first_extract")
    op.execute("ALTER TABLE accounts RENAME COLUMN unit TO expert")
