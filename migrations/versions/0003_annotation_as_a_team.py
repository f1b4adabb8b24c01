"""Adds members, codebooks, the assignment queue and adjudications; and the order of the feed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

UID = sa.String(36).with_variant(postgresql.UUID(), "postgresql")
INSTANT = sa.String(27).with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
JSON_VALUE = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
LABELS = ("SUPPORT", "OPPOSE", "NEUTRAL", "MIXED", "UNCLEAR")
LABEL = sa.Enum(*LABELS, name="stance_label", native_enum=False, create_constraint=True, length=32)

NUMBER_REVISIONS = (
    "UPDATE revision SET place = numbered.place FROM"
    " (SELECT id, row_number() OVER (ORDER BY created_at, id) AS place FROM revision) AS numbered"
    " WHERE numbered.id = revision.id"
)
# A transaction's number orders it among all: once no lower one is still at work, nothing can come before it any more.
# What is counted from is what rows had that came from a server whose transactions were counted higher.
POSTGRES_FEED = (
    NUMBER_REVISIONS,
    "CREATE FUNCTION feed_count_from(passed bigint) RETURNS void LANGUAGE plpgsql AS $$ BEGIN"
    " EXECUTE format('CREATE OR REPLACE FUNCTION feed_place() RETURNS bigint LANGUAGE sql STABLE AS"
    " ''SELECT pg_current_xact_id()::text::bigint + %s''', passed);"
    " EXECUTE format('CREATE OR REPLACE FUNCTION feed_settled() RETURNS bigint LANGUAGE sql STABLE AS"
    " ''SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint + %s''', passed);"
    " END $$",
    "SELECT feed_count_from((SELECT count(*) FROM revision))",
    "ALTER TABLE revision ALTER COLUMN place SET DEFAULT feed_place()",
)
SQLITE_FEED = (
    NUMBER_REVISIONS,
    "CREATE TRIGGER revision_came AFTER INSERT ON revision BEGIN"
    " UPDATE revision SET place = (SELECT max(place) + 1 FROM revision) WHERE id = new.id; END",
)
NAMED_IN_STANCES = {
    "postgresql": "(coalesce(after, before) ->> '{}')::uuid",
    "sqlite": "json_extract(coalesce(after, before), '$.{}')",
}
NEW_ID = {
    "postgresql": "gen_random_uuid()",
    "sqlite": "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2)"
    " || '-a' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))",
}


def upgrade() -> None:
    """Add the tables, and fill new columns of existing rows."""
    dialect = op.get_bind().dialect.name
    make_tables()
    with op.batch_alter_table("project") as batch:
        batch.add_column(sa.Column("public", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("codebook_id", UID, nullable=True))
        batch.create_foreign_key("fk_project_codebook_id", "codebook", ["codebook_id"], ["id"], ondelete="RESTRICT")
        batch.create_check_constraint(op.f("ck_project_blind_is_not_public"), "NOT (blind AND public)")
    # Before this migration, only blind projects hid stances: all others are public.
    op.execute("UPDATE project SET public = NOT blind")
    with op.batch_alter_table("revision") as batch:
        batch.add_column(sa.Column("project_id", UID, nullable=True))
        batch.add_column(sa.Column("owner_id", UID, nullable=True))
        batch.add_column(sa.Column("place", sa.BigInteger(), server_default="0", nullable=False))
        batch.create_index("ix_revision_place_id", ["place", "id"])
        batch.create_index("ix_revision_project_id_place_id", ["project_id", "place", "id"])
        batch.create_foreign_key("fk_revision_project_id", "project", ["project_id"], ["id"], ondelete="RESTRICT")
        batch.create_foreign_key("fk_revision_owner_id", "annotator", ["owner_id"], ["id"], ondelete="RESTRICT")
    with op.batch_alter_table("stance") as batch:
        batch.add_column(sa.Column("codebook_id", UID, nullable=True))
        batch.create_foreign_key("fk_stance_codebook_id", "codebook", ["codebook_id"], ["id"], ondelete="RESTRICT")
    project, owner = (NAMED_IN_STANCES[dialect].format(name) for name in ("project_id", "annotator_id"))
    op.execute(f"UPDATE revision SET project_id = {project}, owner_id = {owner} WHERE entity_type = 'Stance'")
    # Revisions of a merger have the changed column only: the owner is in the first revision of the stance.
    op.execute(
        "UPDATE revision SET project_id = first.project_id, owner_id = first.owner_id FROM revision AS first"
        " WHERE revision.entity_type = 'Stance' AND revision.project_id IS NULL"
        " AND first.entity_id = revision.entity_id AND first.action = 'CREATED'"
    )
    for statement in POSTGRES_FEED if dialect == "postgresql" else SQLITE_FEED:
        op.execute(statement)
    # Annotators with stances in a project become its members.
    op.execute(
        "INSERT INTO project_member (id, project_id, annotator_id, role, created_at)"
        f" SELECT {NEW_ID[dialect]}, project_id, annotator_id, 'ANNOTATOR', min(created_at) FROM stance"
        " WHERE project_id NOT IN (SELECT id FROM project WHERE is_default) GROUP BY project_id, annotator_id"
    )


def make_tables() -> None:
    """Create the tables of the new nouns."""
    op.create_table(
        "codebook",
        sa.Column("project_id", UID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("guidelines", sa.Text(), nullable=False),
        sa.Column("free_targets", sa.Boolean(), nullable=False),
        sa.Column("annotator_id", UID, nullable=True),
        sa.Column("id", UID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_codebook_number")),
        sa.ForeignKeyConstraint(
            ["annotator_id"], ["annotator.id"], name="fk_codebook_annotator_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_codebook_project_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_codebook"),
        sa.UniqueConstraint("project_id", "number", name="uq_codebook_project_id_number"),
    )
    op.create_table(
        "project_member",
        sa.Column("project_id", UID, nullable=False),
        sa.Column("annotator_id", UID, nullable=False),
        sa.Column(
            "role",
            sa.Enum("ANNOTATOR", "CURATOR", name="project_role", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("id", UID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["annotator_id"], ["annotator.id"], name="fk_project_member_annotator_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name="fk_project_member_project_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_project_member"),
        sa.UniqueConstraint("project_id", "annotator_id", name="uq_project_member_project_id_annotator_id"),
    )
    op.create_index("ix_project_member_annotator_id", "project_member", ["annotator_id"])
    op.create_index("ix_project_member_project_id_created_at_id", "project_member", ["project_id", "created_at", "id"])

    op.create_table(
        "codebook_label",
        sa.Column("codebook_id", UID, nullable=False),
        sa.Column("label", LABEL, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("examples", JSON_VALUE, nullable=False),
        sa.ForeignKeyConstraint(
            ["codebook_id"], ["codebook.id"], name="fk_codebook_label_codebook_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("codebook_id", "label", name="pk_codebook_label"),
    )
    op.create_table(
        "codebook_target",
        sa.Column("codebook_id", UID, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("target_actor_id", UID, nullable=True),
        sa.Column("target_topic_id", UID, nullable=True),
        sa.CheckConstraint(
            "(target_actor_id IS NULL) <> (target_topic_id IS NULL)", name=op.f("ck_codebook_target_one_target")
        ),
        sa.ForeignKeyConstraint(
            ["codebook_id"], ["codebook.id"], name="fk_codebook_target_codebook_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["target_actor_id"], ["actor.id"], name="fk_codebook_target_target_actor_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["target_topic_id"], ["topic.id"], name="fk_codebook_target_target_topic_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("codebook_id", "position", name="pk_codebook_target"),
        sa.UniqueConstraint("codebook_id", "target_actor_id", name="uq_codebook_target_codebook_id_target_actor_id"),
        sa.UniqueConstraint("codebook_id", "target_topic_id", name="uq_codebook_target_codebook_id_target_topic_id"),
    )
    op.create_table(
        "adjudication",
        sa.Column("project_id", UID, nullable=False),
        sa.Column("statement_id", UID, nullable=False),
        sa.Column("holder_id", UID, nullable=False),
        sa.Column("target_actor_id", UID, nullable=True),
        sa.Column("target_topic_id", UID, nullable=True),
        sa.Column("label", LABEL, nullable=False),
        sa.Column("rationale", sa.Text(), nullable=True),
        sa.Column(
            "cause",
            sa.Enum(
                "AMBIGUOUS",
                "GUIDELINE_GAP",
                "ERROR",
                name="adjudication_cause",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("annotator_id", UID, nullable=False),
        sa.Column("supersedes_id", UID, nullable=True),
        sa.Column("superseded", sa.Boolean(), nullable=False),
        sa.Column("id", UID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "(target_actor_id IS NULL) <> (target_topic_id IS NULL)", name=op.f("ck_adjudication_one_target")
        ),
        sa.ForeignKeyConstraint(
            ["annotator_id"], ["annotator.id"], name="fk_adjudication_annotator_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["holder_id"], ["actor.id"], name="fk_adjudication_holder_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_adjudication_project_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statement.id"], name="fk_adjudication_statement_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["supersedes_id"], ["adjudication.id"], name="fk_adjudication_supersedes_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["target_actor_id"], ["actor.id"], name="fk_adjudication_target_actor_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["target_topic_id"], ["topic.id"], name="fk_adjudication_target_topic_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_adjudication"),
    )
    op.create_index("ix_adjudication_holder_id", "adjudication", ["holder_id"])
    op.create_index("ix_adjudication_project_id_created_at_id", "adjudication", ["project_id", "created_at", "id"])
    op.create_index("ix_adjudication_statement_id", "adjudication", ["statement_id"])
    op.create_index("ix_adjudication_supersedes_id", "adjudication", ["supersedes_id"])
    op.create_index("ix_adjudication_target_actor_id", "adjudication", ["target_actor_id"])
    op.create_index(
        "uq_adjudication_actor",
        "adjudication",
        ["project_id", "statement_id", "holder_id", "target_actor_id"],
        unique=True,
        postgresql_where=sa.text("NOT superseded AND target_actor_id IS NOT NULL"),
        sqlite_where=sa.text("NOT superseded AND target_actor_id IS NOT NULL"),
    )
    op.create_index(
        "uq_adjudication_topic",
        "adjudication",
        ["project_id", "statement_id", "holder_id", "target_topic_id"],
        unique=True,
        postgresql_where=sa.text("NOT superseded AND target_topic_id IS NOT NULL"),
        sqlite_where=sa.text("NOT superseded AND target_topic_id IS NOT NULL"),
    )

    op.create_table(
        "assignment",
        sa.Column("project_id", UID, nullable=False),
        sa.Column("statement_id", UID, nullable=False),
        sa.Column("annotator_id", UID, nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "LEASED",
                "FINISHED",
                "SKIPPED",
                name="assignment_status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("leased_until", INSTANT, nullable=False),
        sa.Column("id", UID, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("reason IS NULL OR status = 'SKIPPED'", name=op.f("ck_assignment_reason_of_skipping")),
        sa.ForeignKeyConstraint(
            ["annotator_id"], ["annotator.id"], name="fk_assignment_annotator_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_assignment_project_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statement.id"], name="fk_assignment_statement_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_assignment"),
        sa.UniqueConstraint(
            "project_id", "statement_id", "annotator_id", name="uq_assignment_project_id_statement_id_annotator_id"
        ),
    )
    op.create_index("ix_assignment_annotator_id_created_at_id", "assignment", ["annotator_id", "created_at", "id"])
    op.create_index("ix_assignment_share", "assignment", ["project_id", "annotator_id", "status", "leased_until"])
    op.create_index("ix_assignment_project_id_created_at_id", "assignment", ["project_id", "created_at", "id"])
    op.create_index("ix_assignment_statement_id", "assignment", ["statement_id"])
    for name, columns in (
        ("ix_assignment_leased", ["project_id", "leased_until"]),
        ("ix_assignment_held", ["annotator_id", "created_at", "id"]),
    ):
        leased = sa.text("status = 'LEASED'")
        op.create_index(name, "assignment", columns, postgresql_where=leased, sqlite_where=leased)

    op.create_table(
        "project_statement",
        sa.Column("project_id", UID, nullable=False),
        sa.Column("statement_id", UID, nullable=False),
        sa.Column("document_id", UID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("finished", sa.Integer(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name="fk_project_statement_document_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name="fk_project_statement_project_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statement.id"], name="fk_project_statement_statement_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("project_id", "statement_id", name="pk_project_statement"),
    )
    op.create_index("ix_project_statement_document", "project_statement", ["project_id", "document_id", "position"])
    op.create_index(
        "ix_project_statement_open",
        "project_statement",
        ["project_id", "position"],
        postgresql_where=sa.text("is_open"),
        sqlite_where=sa.text("is_open"),
    )
    op.create_index("ix_project_statement_position", "project_statement", ["project_id", "position", "statement_id"])
    op.create_index("ix_project_statement_statement_id", "project_statement", ["statement_id"])


def downgrade() -> None:
    """Drop the tables: codebooks, queues and adjudications are lost."""
    postgres = op.get_bind().dialect.name == "postgresql"
    op.execute("DELETE FROM revision WHERE entity_type IN ('ProjectMember', 'Codebook', 'Assignment', 'Adjudication')")
    if not postgres:
        op.execute("DROP TRIGGER revision_came")
    with op.batch_alter_table("stance") as batch:
        batch.drop_constraint("fk_stance_codebook_id", type_="foreignkey")
        batch.drop_column("codebook_id")
    with op.batch_alter_table("revision") as batch:
        batch.drop_constraint("fk_revision_owner_id", type_="foreignkey")
        batch.drop_constraint("fk_revision_project_id", type_="foreignkey")
        batch.drop_index("ix_revision_project_id_place_id")
        batch.drop_index("ix_revision_place_id")
        batch.drop_column("place")
        batch.drop_column("owner_id")
        batch.drop_column("project_id")
    with op.batch_alter_table("project") as batch:
        batch.drop_constraint("fk_project_codebook_id", type_="foreignkey")
        batch.drop_constraint(op.f("ck_project_blind_is_not_public"), type_="check")
        batch.drop_column("codebook_id")
        batch.drop_column("public")
    for table in TABLES:
        op.drop_table(table)
    if postgres:
        for function in ("feed_place()", "feed_settled()", "feed_count_from(bigint)"):
            op.execute(f"DROP FUNCTION {function}")


TABLES = (
    "project_statement",
    "assignment",
    "adjudication",
    "codebook_target",
    "codebook_label",
    "project_member",
    "codebook",
)
