"""Statements that were judged without a stance: an annotator says so when they finish the assignment."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From attributes. Of what is finished already nobody said so."""
    with op.batch_alter_table("assignment") as batch:
        batch.add_column(sa.Column("nothing_to_record", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.create_check_constraint(
            op.f("ck_assignment_nothing_to_record_of_finishing"), "NOT nothing_to_record OR status = 'FINISHED'"
        )


def downgrade() -> None:
    """Back to attributes: who judged a statement without a stance is lost, save in what revisions tell."""
    with op.batch_alter_table("assignment") as batch:
        batch.drop_constraint(op.f("ck_assignment_nothing_to_record_of_finishing"), type_="check")
        batch.drop_column("nothing_to_record")
