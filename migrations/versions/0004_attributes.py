"""Adds custom attributes of actors, topics and documents."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UID = sa.String(36).with_variant(postgresql.UUID(), "postgresql")
NAME = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
NOUNS = ("actor", "topic", "document")


def upgrade() -> None:
    """Create the tables."""
    for noun in NOUNS:
        table, key = f"{noun}_attribute", f"{noun}_id"
        op.create_table(
            table,
            sa.Column(key, UID, nullable=False),
            sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("name", NAME, nullable=False),
            sa.Column("value", sa.Text(), nullable=False),
            sa.ForeignKeyConstraint([key], [f"{noun}.id"], name=f"fk_{table}_{key}", ondelete="RESTRICT"),
            sa.PrimaryKeyConstraint(key, "position", name=f"pk_{table}"),
            sa.UniqueConstraint(key, "name", name=f"uq_{table}_{key}_name"),
        )


def downgrade() -> None:
    """Drop the tables: attributes are lost, except in revisions."""
    for noun in NOUNS:
        op.drop_table(f"{noun}_attribute")
