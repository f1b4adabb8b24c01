"""On Postgres, notifies all processes of changes of tokens and annotators, so that they invalidate their caches."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("token", "annotator")


def upgrade() -> None:
    """Create triggers that notify the channel `stancegraph_access`. On SQLite every lookup reads the table."""
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute(
        "CREATE FUNCTION announce_access() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_notify('stancegraph_access', ''); RETURN NULL; END $$"
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_access AFTER UPDATE OR DELETE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION announce_access()"
        )


def downgrade() -> None:
    """Drop the triggers."""
    if op.get_bind().dialect.name == "sqlite":
        return
    for table in TABLES:
        op.execute(f"DROP TRIGGER {table}_access ON {table}")
    op.execute("DROP FUNCTION announce_access()")
