"""Tables of the whole catalogue: lots, stages, project counties, schools, reviews, focus groups"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply this step."""
    with op.batch_alter_table("projects", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("lot", sa.String(length=40), server_default="", nullable=False)
        )

    op.create_table(
        "lots",
        sa.Column("cycle", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("line", sa.String(length=40), nullable=False),
        sa.Column("award_route", sa.String(length=40), nullable=False),
        sa.Column("institution", sa.String(length=40), nullable=False),
        sa.Column("winner_2020", sa.String(length=40), nullable=False),
        sa.Column("failed_tender", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["cycle"], ["cycles.code"]),
        sa.PrimaryKeyConstraint("cycle", "code"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stages",
        sa.Column("cycle", sa.String(length=40), nullable=False),
        sa.Column("project", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(length=40), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("provider_institution", sa.String(length=40), nullable=False),
        sa.Column("qualification", sa.Text(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cycle"], ["cycles.code"]),
        sa.PrimaryKeyConstraint("cycle", "project", "number"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "project_counties",
        sa.Column("cycle", sa.String(length=40), nullable=False),
        sa.Column("county", sa.String(length=12), nullable=False),
        sa.Column("guopei", sa.Boolean(), nullable=False),
        sa.Column("it", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["cycle"], ["cycles.code"]),
        sa.PrimaryKeyConstraint("cycle", "county"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "schools",
        sa.Column("cycle", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("county", sa.String(length=12), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["cycle"], ["cycles.code"]),
        sa.PrimaryKeyConstraint("cycle", "code"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sendings",
        sa.Column("cycle", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("school", sa.String(length=40), nullable=False),
        sa.Column("class_code", sa.String(length=40), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cycle"], ["cycles.code"]),
        sa.ForeignKeyConstraint(["class_code"], ["classes.code"]),
        sa.PrimaryKeyConstraint("cycle", "code"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_sendings_class_code", "sendings", ["class_code"])
    op.create_table(
        "reviews",
        sa.Column("cycle", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("project", sa.String(length=40), nullable=False),
        sa.Column("class_code", sa.String(length=40), nullable=False),
        sa.Column("expert", sa.String(length=40), nullable=False),
        sa.Column("declaration", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("signed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["cycle"], ["cycles.code"]),
        sa.PrimaryKeyConstraint("cycle", "code"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "recorders",
        sa.Column("cycle", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("employer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["cycle"], ["cycles.code"]),
        sa.PrimaryKeyConstraint("cycle", "code"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "focus_groups",
        sa.Column("cycle", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("class_code", sa.String(length=40), nullable=False),
        sa.Column("date", sa.String(length=10), nullable=False),
        sa.Column("recorder", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["cycle"], ["cycles.code"]),
        sa.ForeignKeyConstraint(["class_code"], ["classes.code"]),
        sa.PrimaryKeyConstraint("cycle", "code"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_focus_groups_class_code", "focus_groups", ["class_code"])


def downgrade() -> None:
    """Take this step back."""
    op.drop_table("focus_groups")
    op.drop_table("recorders")
    op.drop_table("reviews")
    op.drop_table("sendings")
    op.drop_table("schools")
    op.drop_table("project_counties")
    op.drop_table("stages")
    op.drop_table("lots")
    with op.batch_alter_table("projects", schema=None) as batch_op:
        batch_op.drop_column("lot")
