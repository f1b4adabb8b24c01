"""Merging two entries of one actor: who stays, what it is called, and what the other's id and slug lead to."""

from typing import Any

from sqlalchemy import func, insert, select

from models import Actor, ActorAlias, ActorRedirect, ActorTrigram, Relation, RelationForm, RelationKind
from tests.services.conftest import World, key_of, nobody, told

READ = """actor { id slug name kind description countryCode wikidataId activeFrom activeTo version createdAt updatedAt
  aliases { name language script } }"""


def test_the_survivor_stays_what_it_was(world: World) -> None:
    """But for its aliases, its version and what it did not say; the rest is kept in the duplicate's last revision."""
    into = world.actor(
        "Hezbollah", slug="hezbollah", description="The group.", countryCode="LB", activeFrom="1985-02-16"
    )
    duplicate = world.actor(
        "Hizballah", slug="hizballah", description="The same.", countryCode="SY", wikidataId="Q41053"
    )
    before = world.node(into, f"... on Actor {{ {READ[8:-2]} }}")
    forced = {"intoId": into, "duplicateId": duplicate, "force": True}  # the countries differ
    after = world.api.change("mergeActors", forced, READ)["actor"]
    changed = {"aliases", "version", "updatedAt", "wikidataId"}
    assert {k: v for k, v in after.items() if k not in changed} == {
        k: v for k, v in before.items() if k not in {*changed, "__typename"}
    }
    assert after["version"] == 2
    assert after["updatedAt"] > before["updatedAt"]
    assert after["aliases"] == [{"name": "Hizballah", "language": None, "script": None}]
    assert world.count(Actor) == 1
    last = world.revisions(duplicate)[-1]
    assert after["wikidataId"] == "Q41053"
    assert (str(last.action), (last.after or {})["into"]) == ("MERGED", into.removeprefix("act_"))
    assert last.before is not None
    assert (last.before["wikidata_id"], last.before["description"]) == ("Q41053", "The same.")


def test_names(world: World) -> None:
    """The duplicate's name and then its aliases follow the survivor's, each once, with language and script."""
    arabic = {"name": "حزب الله", "language": "ar", "script": "Arab"}
    russian = {"name": "Хезболла", "language": "ru", "script": "Cyrl"}
    english = {"name": "Party of God", "language": "en", "script": None}
    into = world.actor("Hezbollah", aliases=[english, arabic])
    duplicate = world.actor("Hizballah", aliases=[russian, {**arabic, "language": "ar-LB"}, {"name": "Hezbollah"}])
    aliases = world.merge(duplicate, into, READ)["actor"]["aliases"]
    plain = {"name": "Hizballah", "language": None, "script": None}
    assert aliases == [english, arabic, plain, russian]
    assert world.count(ActorAlias) == 4
    same = world.merge(world.actor("Hezbollah"), into, READ)["actor"]["aliases"]
    assert same == aliases


def test_attributes(world: World) -> None:
    """The survivor's own, then those of the duplicate whose names it has not; the revision tells."""
    mine, theirs = {"name": "colour", "value": "#ff9900"}, {"name": "Type", "value": "Business"}
    into = world.actor(attributes=[mine])
    duplicate = world.actor(attributes=[theirs, {"name": "colour", "value": "#000000"}])
    (error,) = world.merge(duplicate, into)["errors"]
    assert "attribute 'colour' is '#ff9900' of the one that stays and '#000000' of the duplicate" in error["message"]
    forced = {"intoId": into, "duplicateId": duplicate, "force": True}
    merged = world.api.change("mergeActors", forced, "actor { id attributes { name value } }")["actor"]
    assert merged["attributes"] == [mine, theirs]
    last = world.revisions(into)[-1]
    assert (last.before or {})["attributes"] == [mine]
    assert (last.after or {})["attributes"] == [mine, theirs]


def test_found_by_the_duplicates_names(world: World) -> None:
    """In every script, misspelt a little, and once."""
    into = world.actor("The Resistance")
    duplicate = world.actor("Hezbollah", aliases=[{"name": "Хезболла"}, {"name": "حزب الله"}])
    world.merge(duplicate, into)
    for text in ("Hezbollah", "hezbolah", "Хезболла", "حزب الله", "resistance"):
        assert world.search(text) == [into], text
    keys = select(ActorTrigram.actor_id).distinct()
    assert world.rows(keys) == [key_of(into)]


def test_the_old_id_and_slug_lead_to_the_survivor(world: World) -> None:
    """In `node`, `nodes` and `actor`; where an edit, a merger or a filter names it; and nobody else gets the slug."""
    into, duplicate = world.actor(slug="into"), world.actor(slug="duplicate")
    statement = world.statement(duplicate)
    world.relation(duplicate)
    world.stance(statement, duplicate)
    world.merge(duplicate, into)
    assert world.node(duplicate, "... on Actor { id slug }") == {"__typename": "Actor", "id": into, "slug": "into"}
    both = world.api("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": [duplicate, into]})["nodes"]
    assert both == [{"id": into}] * 2
    assert world.api('{ actor(slug: "duplicate") { id slug } }')["actor"] == {"id": into, "slug": "into"}
    taken = {"name": "X", "kind": "PERSON", "slug": "duplicate"}
    assert told(world.api.change("createActor", taken, "actor { id }")) == {("DUPLICATE", "input.slug")}
    edited = world.api.change("updateActor", {"id": duplicate, "name": "Edited"}, "actor { id name }")
    assert edited == {"actor": {"id": into, "name": "Edited"}, "errors": []}
    found = world.api(
        """query($id: [ID!]!) { relations(filter: {involving: $id}) { totalCount }
            statements(filter: {speaker: $id}) { totalCount }
            stances(filter: {holder: $id, target: $id}) { totalCount } }""",
        {"id": [duplicate]},
    )
    assert {name: page["totalCount"] for name, page in found.items()} == {"relations": 1, "statements": 1, "stances": 1}


def test_the_survivor_may_take_the_old_slug(world: World) -> None:
    """It leads to it anyway."""
    into, duplicate = world.actor(slug="into"), world.actor(slug="duplicate")
    world.merge(duplicate, into)
    renamed = world.api.change("updateActor", {"id": into, "slug": "duplicate"}, "actor { slug }")
    assert renamed == {"actor": {"slug": "duplicate"}, "errors": []}
    assert world.api('{ actor(slug: "duplicate") { id } }')["actor"]["id"] == into


def test_chains(world: World) -> None:
    """Whatever was merged into what, every id and slug that ever was leads to who is left."""
    a, b, c, d, e = (world.actor(f"Name {slug}", slug=slug) for slug in "abcde")
    world.merge(a, b)
    world.merge(b, c)
    world.merge(d, a)  # an old id of c's
    assert told(world.merge(b, e)) == set()  # and again: c goes
    for old, slug in ((a, "a"), (b, "b"), (c, "c"), (d, "d")):
        assert world.node(old, "... on Actor { id }")["id"] == e
        assert world.api("query($s: String!) { actor(slug: $s) { id } }", {"s": slug})["actor"]["id"] == e
    assert world.count(Actor) == 1
    assert world.rows(select(ActorRedirect.actor_id).distinct()) == [key_of(e)]
    names = world.node(e, "... on Actor { aliases { name } }")["aliases"]
    assert {alias["name"] for alias in names} == {f"Name {slug}" for slug in "abcd"}


def test_into_itself(world: World) -> None:
    """Refused, by whatever id."""
    into, old, other = world.actor(), world.actor(), world.actor()
    world.merge(old, into)
    with world.unchanged():
        for one, another in ((into, into), (old, into), (into, old), (old, old), (other, other)):
            payload = world.merge(one, another)
            assert (payload["actor"], told(payload)) == (None, {("INVALID", "input.duplicateId")})


def test_unknown(world: World) -> None:
    """Both are looked at."""
    with world.unchanged():
        payload = world.merge(nobody("Actor"), nobody("Topic"))
        assert told(payload) == {("NOT_FOUND", "input.duplicateId"), ("INVALID", "input.intoId")}


def test_statement_counts_are_added(world: World) -> None:
    """And the order by them follows; statements are never folded, since readings rest on them."""
    into, duplicate, other = world.actor("Into"), world.actor("Duplicate"), world.actor("Other")
    document = world.document("One two three.")
    for speaker in (into, duplicate):
        world.statement(speaker, "two", document)
        world.statement(speaker)
    for _ in range(3):
        world.statement(other)
    query = """{ actors(orderBy: {field: STATEMENT_COUNT, direction: DESC}) {
        edges { node { name statements { totalCount } } } } }"""
    world.merge(duplicate, into)
    shown = [(e["node"]["name"], e["node"]["statements"]["totalCount"]) for e in world.api(query)["actors"]["edges"]]
    assert shown == [("Into", 4), ("Other", 3)]
    assert world.rows(select(func.sum(Actor.statement_count))) == [7]


def _everywhere(world: World, actor: str, other: str, statement: str, topic: str) -> dict[str, tuple[str, str, Any]]:
    """One row in each place where an actor can stand: id → column, and how a client reads it."""
    stated = world.make(
        "createStatement",
        {
            "documentId": world.document(),
            "speakerId": other,
            "reportedById": actor,
            "kind": "REPORTED_SPEECH",
            "anchor": {"exact": "two"},
        },
    )
    return {
        world.statement(actor): ("speaker_id", "Statement", "speaker { id }"),
        stated: ("reported_by_id", "Statement", "reportedBy { id }"),
        world.document(publisherId=actor): ("publisher_id", "Document", "publisher { id }"),
        world.stance(statement, topic, holderId=actor)["id"]: ("holder_id", "Stance", "holder { id }"),
        world.stance(statement, actor)["id"]: ("target_actor_id", "Stance", "target { ... on Actor { id } }"),
        world.membership(actor, other): ("member_id", "Membership", "member { id }"),
        world.membership(other, actor): ("group_id", "Membership", "group { id }"),
        world.relation(actor, other): ("source_id", "Relation", "source { id }"),
        world.relation(other, actor): ("target_id", "Relation", "target { id }"),
    }


def test_everything_goes_over(world: World) -> None:
    """All that referred to the duplicate refers to the survivor, in its next version, with a revision for each row."""
    into, duplicate, other = world.actor(), world.actor(), world.actor()
    rows = _everywhere(world, duplicate, other, world.statement(), world.topic())
    world.merge(duplicate, into)
    for each, (column, type_name, fields) in rows.items():
        shown = world.node(each, f"... on {type_name} {{ version {fields} }}")
        (end,) = [value for name, value in shown.items() if name not in ("__typename", "version")]
        assert (end["id"], shown["version"]) == (into, 2), column
        moved = world.revisions(each)[-1]
        assert str(moved.action) == "UPDATED"
        assert moved.before == {column: duplicate.removeprefix("act_"), "version": 1}
        assert moved.after == {column: into.removeprefix("act_"), "version": 2}
    columns = {
        (column.table.name, column.name)
        for table in Actor.metadata.sorted_tables
        for column in table.columns
        if any(key.column.table is Actor.__table__ for key in column.foreign_keys)
    }
    names = {"actor_alias", "actor_attribute", "actor_trigram", "actor_redirect"}
    assert {name for table, name in columns if table not in names} == {column for column, _, _ in rows.values()}


def test_more_than_are_moved_at_once(world: World) -> None:
    """However many rows refer to the duplicate, all go over, each with its revision."""
    number, into, duplicate, other = 2_100, world.actor(), world.actor(), world.actor()
    ends = {"source_id": key_of(duplicate), "target_id": key_of(other)}
    tie = {"kind": RelationKind.ALLIANCE, "form": RelationForm.OTHER}
    world.execute(insert(Relation), [{**ends, **tie} for _ in range(number)])
    before = len(world.revisions())
    assert told(world.merge(duplicate, into)) == set()
    totals = world.node(into, "... on Actor { alliances { totalCount } }")
    assert totals["alliances"]["totalCount"] == number
    assert len(world.revisions()) == before + number + 2
