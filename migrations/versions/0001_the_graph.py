"""Creates the graph: actors, relations, memberships, documents, statements, stances, annotators and revisions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

UID = sa.String(36).with_variant(postgresql.UUID(), "postgresql")
INSTANT = sa.String(27).with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
NAME = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
JSON_VALUE = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")

POSTGRES_SEARCH = (
    "ALTER TABLE search_entry ADD COLUMN vector tsvector NOT NULL"
    " GENERATED ALWAYS AS (to_tsvector('simple', words)) STORED",
    "CREATE INDEX ix_search_entry_vector ON search_entry USING gin (vector)",
)
# FTS5 reads the words from search_entry itself; the triggers tell it what came and what went.
SQLITE_SEARCH = (
    "CREATE VIRTUAL TABLE search_entry_words USING fts5(words, content='search_entry', content_rowid='key',"
    " tokenize='unicode61 remove_diacritics 0')",
    "CREATE TRIGGER search_entry_came AFTER INSERT ON search_entry BEGIN"
    " INSERT INTO search_entry_words(rowid, words) VALUES (new.key, new.words); END",
    "CREATE TRIGGER search_entry_went AFTER DELETE ON search_entry BEGIN"
    " INSERT INTO search_entry_words(search_entry_words, rowid, words) VALUES ('delete', old.key, old.words); END",
    "CREATE TRIGGER search_entry_changed AFTER UPDATE ON search_entry BEGIN"
    " INSERT INTO search_entry_words(search_entry_words, rowid, words) VALUES ('delete', old.key, old.words);"
    " INSERT INTO search_entry_words(rowid, words) VALUES (new.key, new.words); END",
)
DEFAULT_PROJECT = {
    "id": "01900000-0000-7000-8000-000000000001",
    "slug": "default",
    "name": "Default project",
    "sort_name": "default project",
    "guidelines": "Read the statement alone, and record where its speaker stands"
    " towards each actor or topic it speaks of.",
    "at": "2024-11-29T00:00:00.000000Z",
}


def upgrade() -> None:
    """Create all tables in an empty database."""
    op.create_table(
        "actor",
        sa.Column("slug", NAME, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_name", NAME, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "STATE",
                "GOVERNMENT",
                "ARMED_GROUP",
                "POLITICAL_PARTY",
                "INTERGOVERNMENTAL_ORGANIZATION",
                "ORGANIZATION",
                "MEDIA",
                "PERSON",
                "CIVILIANS",
                name="actor_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("country_code", sa.String(length=2), nullable=True),
        sa.Column("wikidata_id", sa.String(length=20), nullable=True),
        sa.Column("active_from", sa.Date(), nullable=True),
        sa.Column("active_to", sa.Date(), nullable=True),
        sa.Column("statement_count", sa.Integer(), nullable=False),
        sa.Column("id", UID, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("active_from <= active_to", name=op.f("ck_actor_active_period")),
        sa.PrimaryKeyConstraint("id", name="pk_actor"),
        sa.UniqueConstraint("slug", name="uq_actor_slug"),
        sa.UniqueConstraint("wikidata_id", name="uq_actor_wikidata_id"),
    )
    op.create_index("ix_actor_country_code_sort_name_id", "actor", ["country_code", "sort_name", "id"])
    op.create_index("ix_actor_created_at_id", "actor", ["created_at", "id"])
    op.create_index("ix_actor_kind_sort_name_id", "actor", ["kind", "sort_name", "id"])
    op.create_index("ix_actor_sort_name_id", "actor", ["sort_name", "id"])
    op.create_index("ix_actor_statement_count_id", "actor", ["statement_count", "id"])
    op.create_table(
        "annotator",
        sa.Column("name", NAME, nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "VIEWER",
                "ANNOTATOR",
                "CURATOR",
                "ADMIN",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("id", UID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_annotator"),
        sa.UniqueConstraint("name", name="uq_annotator_name"),
    )
    op.create_table(
        "project",
        sa.Column("slug", NAME, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_name", NAME, nullable=False),
        sa.Column("guidelines", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum("OPEN", "CLOSED", name="project_status", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("overlap", sa.Integer(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("id", UID, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("overlap >= 1", name=op.f("ck_project_overlap")),
        sa.PrimaryKeyConstraint("id", name="pk_project"),
        sa.UniqueConstraint("slug", name="uq_project_slug"),
    )
    op.create_index("ix_project_sort_name_id", "project", ["sort_name", "id"])
    op.create_index(
        "uq_project_default",
        "project",
        ["is_default"],
        unique=True,
        postgresql_where=sa.text("is_default"),
        sqlite_where=sa.text("is_default"),
    )
    op.create_table(
        "search_entry",
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("entity_type", sa.String(length=16), nullable=False),
        sa.Column("entity_id", UID, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_search_entry"),
        sa.UniqueConstraint("entity_id", name="uq_search_entry_entity_id"),
    )
    op.create_index("ix_search_entry_entity_type_key", "search_entry", ["entity_type", "key"])
    op.create_table(
        "topic",
        sa.Column("slug", NAME, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_name", NAME, nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("id", UID, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_topic"),
        sa.UniqueConstraint("slug", name="uq_topic_slug"),
    )
    op.create_index("ix_topic_sort_name_id", "topic", ["sort_name", "id"])
    op.create_table(
        "actor_alias",
        sa.Column("actor_id", UID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("script", sa.String(length=4), nullable=True),
        sa.Column("id", UID, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name="fk_actor_alias_actor_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_actor_alias"),
        sa.UniqueConstraint("actor_id", "position", name="uq_actor_alias_actor_id_position"),
    )
    op.create_table(
        "actor_redirect",
        sa.Column("former_id", UID, nullable=False),
        sa.Column("former_slug", NAME, nullable=False),
        sa.Column("actor_id", UID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name="fk_actor_redirect_actor_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("former_id", name="pk_actor_redirect"),
        sa.UniqueConstraint("former_slug", name="uq_actor_redirect_former_slug"),
    )
    op.create_index("ix_actor_redirect_actor_id", "actor_redirect", ["actor_id"])
    op.create_table(
        "actor_trigram",
        sa.Column("trigram", NAME, nullable=False),
        sa.Column("actor_id", UID, nullable=False),
        sa.Column("name_number", sa.Integer(), nullable=False),
        sa.Column("name_size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name="fk_actor_trigram_actor_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("trigram", "actor_id", "name_number", name="pk_actor_trigram"),
    )
    op.create_index("ix_actor_trigram_actor_id", "actor_trigram", ["actor_id"])
    op.create_table(
        "document",
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sort_title", NAME, nullable=False),
        sa.Column("publisher_id", UID, nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column(
            "published_on_sort",
            sa.Date(),
            sa.Computed("coalesce(published_on, '0001-01-01')", persisted=True),
            nullable=False,
        ),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_sha256", sa.String(length=64), nullable=False),
        sa.Column("id", UID, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["publisher_id"], ["actor.id"], name="fk_document_publisher_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_document"),
    )
    op.create_index("ix_document_created_at_id", "document", ["created_at", "id"])
    op.create_index("ix_document_language_published_on_sort_id", "document", ["language", "published_on_sort", "id"])
    op.create_index("ix_document_published_on_sort_id", "document", ["published_on_sort", "id"])
    op.create_index(
        "ix_document_publisher_id_published_on_sort_id", "document", ["publisher_id", "published_on_sort", "id"]
    )
    op.create_index("ix_document_sort_title_id", "document", ["sort_title", "id"])
    op.create_index("ix_document_text_sha256", "document", ["text_sha256"])
    op.create_table(
        "membership",
        sa.Column("member_id", UID, nullable=False),
        sa.Column("group_id", UID, nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column(
            "valid_from_sort",
            sa.Date(),
            sa.Computed("coalesce(valid_from, '0001-01-01')", persisted=True),
            nullable=False,
        ),
        sa.Column("id", UID, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("member_id <> group_id", name=op.f("ck_membership_not_with_itself")),
        sa.CheckConstraint("valid_from <= valid_to", name=op.f("ck_membership_period")),
        sa.ForeignKeyConstraint(["group_id"], ["actor.id"], name="fk_membership_group_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["member_id"], ["actor.id"], name="fk_membership_member_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_membership"),
    )
    op.create_index("ix_membership_group_id_valid_from_sort_id", "membership", ["group_id", "valid_from_sort", "id"])
    op.create_index("ix_membership_member_id_valid_from_sort_id", "membership", ["member_id", "valid_from_sort", "id"])
    op.create_table(
        "relation",
        sa.Column("source_id", UID, nullable=False),
        sa.Column("target_id", UID, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "ALLIANCE", "OPPOSITION", name="relation_kind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column(
            "form",
            sa.Enum(
                "DEFENSE_PACT",
                "MILITARY_SUPPORT",
                "MATERIAL_SUPPORT",
                "COOPERATION",
                "ARMED_CONFLICT",
                "RIVALRY",
                "SANCTIONS",
                "DIPLOMATIC_DISPUTE",
                "OTHER",
                name="relation_form",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "CONFIRMED",
                "ALLEGED",
                "DISPUTED",
                name="relation_status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("directed", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column(
            "valid_from_sort",
            sa.Date(),
            sa.Computed("coalesce(valid_from, '0001-01-01')", persisted=True),
            nullable=False,
        ),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("id", UID, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("source_id <> target_id", name=op.f("ck_relation_not_with_itself")),
        sa.CheckConstraint("valid_from <= valid_to", name=op.f("ck_relation_period")),
        sa.ForeignKeyConstraint(["source_id"], ["actor.id"], name="fk_relation_source_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["target_id"], ["actor.id"], name="fk_relation_target_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_relation"),
    )
    op.create_index("ix_relation_created_at_id", "relation", ["created_at", "id"])
    op.create_index("ix_relation_form_valid_from_sort_id", "relation", ["form", "valid_from_sort", "id"])
    op.create_index("ix_relation_kind_valid_from_sort_id", "relation", ["kind", "valid_from_sort", "id"])
    op.create_index("ix_relation_source_id_created_at_id", "relation", ["source_id", "created_at", "id"])
    op.create_index(
        "ix_relation_source_id_kind_valid_from_sort_id", "relation", ["source_id", "kind", "valid_from_sort", "id"]
    )
    op.create_index("ix_relation_source_id_valid_from_sort_id", "relation", ["source_id", "valid_from_sort", "id"])
    op.create_index("ix_relation_status_valid_from_sort_id", "relation", ["status", "valid_from_sort", "id"])
    op.create_index("ix_relation_target_id_created_at_id", "relation", ["target_id", "created_at", "id"])
    op.create_index(
        "ix_relation_target_id_kind_valid_from_sort_id", "relation", ["target_id", "kind", "valid_from_sort", "id"]
    )
    op.create_index("ix_relation_target_id_valid_from_sort_id", "relation", ["target_id", "valid_from_sort", "id"])
    op.create_index("ix_relation_valid_from_sort_id", "relation", ["valid_from_sort", "id"])
    op.create_table(
        "revision",
        sa.Column("annotator_id", UID, nullable=True),
        sa.Column(
            "action",
            sa.Enum(
                "CREATED",
                "UPDATED",
                "DELETED",
                "MERGED",
                name="revision_action",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("entity_type", sa.String(length=32), nullable=False),
        sa.Column("entity_id", UID, nullable=False),
        sa.Column("before", JSON_VALUE, nullable=True),
        sa.Column("after", JSON_VALUE, nullable=True),
        sa.Column("id", UID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["annotator_id"], ["annotator.id"], name="fk_revision_annotator_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_revision"),
    )
    op.create_index("ix_revision_annotator_id_id", "revision", ["annotator_id", "id"])
    op.create_index("ix_revision_entity_id_id", "revision", ["entity_id", "id"])
    op.create_table(
        "token",
        sa.Column("annotator_id", UID, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("id", UID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["annotator_id"], ["annotator.id"], name="fk_token_annotator_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_token"),
        sa.UniqueConstraint("sha256", name="uq_token_sha256"),
    )
    op.create_index("ix_token_annotator_id", "token", ["annotator_id"])
    op.create_table(
        "statement",
        sa.Column("document_id", UID, nullable=False),
        sa.Column("speaker_id", UID, nullable=False),
        sa.Column("reported_by_id", UID, nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "QUOTATION",
                "REPORTED_SPEECH",
                "PARAPHRASE",
                name="statement_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("stated_on", sa.Date(), nullable=True),
        sa.Column(
            "stated_on_sort",
            sa.Date(),
            sa.Computed("coalesce(stated_on, '0001-01-01')", persisted=True),
            nullable=False,
        ),
        sa.Column("exact", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("suffix", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("start_utf16", sa.Integer(), nullable=False),
        sa.Column("end_utf16", sa.Integer(), nullable=False),
        sa.Column("id", UID, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint('0 <= start AND start < "end"', name=op.f("ck_statement_span")),
        sa.CheckConstraint("start <= start_utf16 AND start_utf16 < end_utf16", name=op.f("ck_statement_span_utf16")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name="fk_statement_document_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["reported_by_id"], ["actor.id"], name="fk_statement_reported_by_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["speaker_id"], ["actor.id"], name="fk_statement_speaker_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_statement"),
    )
    op.create_index("ix_statement_created_at_id", "statement", ["created_at", "id"])
    op.create_index("ix_statement_document_id_start_id", "statement", ["document_id", "start", "id"])
    op.create_index("ix_statement_document_id_stated_on_sort_id", "statement", ["document_id", "stated_on_sort", "id"])
    op.create_index("ix_statement_kind_stated_on_sort_id", "statement", ["kind", "stated_on_sort", "id"])
    op.create_index("ix_statement_reported_by_id", "statement", ["reported_by_id"])
    op.create_index("ix_statement_speaker_id_created_at_id", "statement", ["speaker_id", "created_at", "id"])
    op.create_index("ix_statement_speaker_id_start_id", "statement", ["speaker_id", "start", "id"])
    op.create_index("ix_statement_speaker_id_stated_on_sort_id", "statement", ["speaker_id", "stated_on_sort", "id"])
    op.create_index("ix_statement_start_id", "statement", ["start", "id"])
    op.create_index("ix_statement_stated_on_sort_id", "statement", ["stated_on_sort", "id"])
    op.create_table(
        "relation_evidence",
        sa.Column("relation_id", UID, nullable=False),
        sa.Column("statement_id", UID, nullable=False),
        sa.ForeignKeyConstraint(
            ["relation_id"], ["relation.id"], name="fk_relation_evidence_relation_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statement.id"], name="fk_relation_evidence_statement_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("relation_id", "statement_id", name="pk_relation_evidence"),
    )
    op.create_index("ix_relation_evidence_statement_id", "relation_evidence", ["statement_id"])
    op.create_table(
        "stance",
        sa.Column("statement_id", UID, nullable=False),
        sa.Column("holder_id", UID, nullable=False),
        sa.Column("target_actor_id", UID, nullable=True),
        sa.Column("target_topic_id", UID, nullable=True),
        sa.Column(
            "label",
            sa.Enum(
                "SUPPORT",
                "OPPOSE",
                "NEUTRAL",
                "MIXED",
                "UNCLEAR",
                name="stance_label",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("intensity", sa.Integer(), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("rationale", sa.Text(), nullable=True),
        sa.Column("annotator_id", UID, nullable=False),
        sa.Column("project_id", UID, nullable=False),
        sa.Column("stated_on_sort", sa.Date(), nullable=False),
        sa.Column("id", UID, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "intensity IS NULL OR label IN ('SUPPORT', 'OPPOSE')", name=op.f("ck_stance_intensity_has_direction")
        ),
        sa.CheckConstraint("(target_actor_id IS NULL) <> (target_topic_id IS NULL)", name=op.f("ck_stance_one_target")),
        sa.CheckConstraint("confidence >= 0 AND confidence <= 1", name=op.f("ck_stance_confidence")),
        sa.CheckConstraint("intensity >= 1 AND intensity <= 3", name=op.f("ck_stance_intensity")),
        sa.ForeignKeyConstraint(["annotator_id"], ["annotator.id"], name="fk_stance_annotator_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["holder_id"], ["actor.id"], name="fk_stance_holder_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_stance_project_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["statement_id"], ["statement.id"], name="fk_stance_statement_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["target_actor_id"], ["actor.id"], name="fk_stance_target_actor_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["target_topic_id"], ["topic.id"], name="fk_stance_target_topic_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_stance"),
    )
    op.create_index("ix_stance_annotator_id_created_at_id", "stance", ["annotator_id", "created_at", "id"])
    op.create_index("ix_stance_created_at_id", "stance", ["created_at", "id"])
    op.create_index("ix_stance_holder_id_created_at_id", "stance", ["holder_id", "created_at", "id"])
    op.create_index("ix_stance_holder_id_stated_on_sort_id", "stance", ["holder_id", "stated_on_sort", "id"])
    op.create_index("ix_stance_holder_id_updated_at_id", "stance", ["holder_id", "updated_at", "id"])
    op.create_index("ix_stance_label_created_at_id", "stance", ["label", "created_at", "id"])
    op.create_index("ix_stance_project_id_created_at_id", "stance", ["project_id", "created_at", "id"])
    op.create_index(
        "ix_stance_received_created_at_actor",
        "stance",
        ["target_actor_id", "created_at", "id"],
        postgresql_where=sa.text("target_actor_id IS NOT NULL"),
        sqlite_where=sa.text("target_actor_id IS NOT NULL"),
    )
    op.create_index(
        "ix_stance_received_created_at_topic",
        "stance",
        ["target_topic_id", "created_at", "id"],
        postgresql_where=sa.text("target_topic_id IS NOT NULL"),
        sqlite_where=sa.text("target_topic_id IS NOT NULL"),
    )
    op.create_index(
        "ix_stance_received_stated_on_actor",
        "stance",
        ["target_actor_id", "stated_on_sort", "id"],
        postgresql_where=sa.text("target_actor_id IS NOT NULL"),
        sqlite_where=sa.text("target_actor_id IS NOT NULL"),
    )
    op.create_index(
        "ix_stance_received_stated_on_topic",
        "stance",
        ["target_topic_id", "stated_on_sort", "id"],
        postgresql_where=sa.text("target_topic_id IS NOT NULL"),
        sqlite_where=sa.text("target_topic_id IS NOT NULL"),
    )
    op.create_index(
        "ix_stance_received_updated_at_actor",
        "stance",
        ["target_actor_id", "updated_at", "id"],
        postgresql_where=sa.text("target_actor_id IS NOT NULL"),
        sqlite_where=sa.text("target_actor_id IS NOT NULL"),
    )
    op.create_index(
        "ix_stance_received_updated_at_topic",
        "stance",
        ["target_topic_id", "updated_at", "id"],
        postgresql_where=sa.text("target_topic_id IS NOT NULL"),
        sqlite_where=sa.text("target_topic_id IS NOT NULL"),
    )
    op.create_index("ix_stance_stated_on_sort_id", "stance", ["stated_on_sort", "id"])
    op.create_index("ix_stance_statement_id_created_at_id", "stance", ["statement_id", "created_at", "id"])
    op.create_index(
        "ix_stance_summary_actor",
        "stance",
        ["holder_id", "target_actor_id", "label", "stated_on_sort"],
        postgresql_where=sa.text("target_actor_id IS NOT NULL"),
        sqlite_where=sa.text("target_actor_id IS NOT NULL"),
    )
    op.create_index(
        "ix_stance_summary_topic",
        "stance",
        ["holder_id", "target_topic_id", "label", "stated_on_sort"],
        postgresql_where=sa.text("target_topic_id IS NOT NULL"),
        sqlite_where=sa.text("target_topic_id IS NOT NULL"),
    )
    op.create_index("ix_stance_updated_at_id", "stance", ["updated_at", "id"])
    op.create_index(
        "uq_stance_actor",
        "stance",
        ["statement_id", "annotator_id", "project_id", "holder_id", "target_actor_id"],
        unique=True,
        postgresql_where=sa.text("target_actor_id IS NOT NULL"),
        sqlite_where=sa.text("target_actor_id IS NOT NULL"),
    )
    op.create_index(
        "uq_stance_topic",
        "stance",
        ["statement_id", "annotator_id", "project_id", "holder_id", "target_topic_id"],
        unique=True,
        postgresql_where=sa.text("target_topic_id IS NOT NULL"),
        sqlite_where=sa.text("target_topic_id IS NOT NULL"),
    )
    postgres = op.get_bind().dialect.name == "postgresql"
    for statement in POSTGRES_SEARCH if postgres else SQLITE_SEARCH:
        op.execute(statement)
    key, at = ("CAST(:id AS uuid)", "CAST(:at AS text)::timestamptz") if postgres else (":id", ":at")
    op.get_bind().execute(
        sa.text(
            "INSERT INTO project (id, slug, name, sort_name, guidelines, status, blind, overlap, is_default,"
            f" created_at, updated_at, version) VALUES ({key}, :slug, :name, :sort_name, :guidelines, 'OPEN',"
            f" false, 1, true, {at}, {at}, 1)"
        ),
        DEFAULT_PROJECT,
    )


def downgrade() -> None:
    """Drop all tables: all data is lost."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_entry_words")
    for table in TABLES:
        op.drop_table(table)


TABLES = (
    "stance",
    "relation_evidence",
    "statement",
    "token",
    "revision",
    "relation",
    "membership",
    "document",
    "actor_trigram",
    "actor_redirect",
    "actor_alias",
    "topic",
    "search_entry",
    "project",
    "annotator",
    "actor",
)
