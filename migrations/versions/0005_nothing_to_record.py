"""Adds `nothing_to_record` of assignments: finished with a stance missing (ADR 0022)."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. It is false for existing assignments."""
    with op.batch_alter_table("assignment") as batch:
        batch.add_column(sa.Column("nothing_to_record", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.create_check_constraint(
            op.f("ck_assignment_nothing_to_record_of_finishing"), "NOT nothing_to_record OR status = 'FINISHED'"
        )


def downgrade() -> None:
    """Drop the column: its values are lost, except in revisions."""
    with op.batch_alter_table("assignment") as batch:
        batch.drop_constraint(op.f("ck_assignment_nothing_to_record_of_finishing"), type_="check")
        batch.drop_column("nothing_to_record")
