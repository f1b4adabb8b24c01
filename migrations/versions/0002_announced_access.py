"""On Postgres, changes of tokens and annotators are announced, so that no process goes on trusting what it knew."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("token", "annotator")


def upgrade() -> None:
    """Announce on the channel `stancegraph_access`; on SQLite each look-up reads the table."""
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
    """Announce nothing."""
    if op.get_bind().dialect.name == "sqlite":
        return
    for table in TABLES:
        op.execute(f"DROP TRIGGER {table}_access ON {table}")
    op.execute("DROP FUNCTION announce_access()")
