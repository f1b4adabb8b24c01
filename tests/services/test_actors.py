"""Entering and editing actors."""

import random
from typing import Any

from sqlalchemy import select

from models import ActorAlias, ActorTrigram
from tests.services.conftest import World, key_of, nobody, told

READ = """actor { id slug name kind description countryCode wikidataId activeFrom activeTo version createdAt updatedAt
  aliases { name language script } attributes { name value } }"""
HEZBOLLAH: dict[str, Any] = {
    "slug": "hezbollah",
    "name": "Hezbollah",
    "kind": "ARMED_GROUP",
    "description": "A Lebanese party and armed group.",
    "countryCode": "LB",
    "wikidataId": "Q41053",
    "activeFrom": "1985-02-16",
    "activeTo": "2024-11-29",
    "aliases": [
        {"name": "حزب الله", "language": "ar", "script": "Arab"},
        {"name": "Хезболла", "language": "ru", "script": "Cyrl"},
        {"name": "Party of God", "language": "en", "script": None},
    ],
    "attributes": [{"name": "colour", "value": "#ffff00"}, {"name": "Type", "value": "Party,\n and army"}],
}
EDITABLE = (
    "slug",
    "name",
    "kind",
    "description",
    "countryCode",
    "wikidataId",
    "activeFrom",
    "activeTo",
    "aliases",
    "attributes",
)
BAD: tuple[tuple[dict[str, Any], str], ...] = (
    ({"name": ""}, "name"),
    ({"name": " \t"}, "name"),
    ({"name": "a\nb"}, "name"),
    ({"name": "a\u0000b"}, "name"),
    ({"name": "x" * 301}, "name"),
    ({"slug": ""}, "slug"),
    ({"slug": "Hezbollah"}, "slug"),
    ({"slug": "hez bollah"}, "slug"),
    ({"slug": "-hezbollah"}, "slug"),
    ({"slug": "hez--bollah"}, "slug"),
    ({"slug": "hezbollah\n"}, "slug"),
    ({"slug": "حزب"}, "slug"),
    ({"slug": "x" * 301}, "slug"),
    ({"description": " "}, "description"),
    ({"description": "x" * 20_001}, "description"),
    ({"countryCode": "lb"}, "countryCode"),
    ({"countryCode": "LBN"}, "countryCode"),
    ({"countryCode": "LB\n"}, "countryCode"),
    ({"wikidataId": "41053"}, "wikidataId"),
    ({"wikidataId": "q41053"}, "wikidataId"),
    ({"wikidataId": "Q0"}, "wikidataId"),
    ({"wikidataId": "Q" + "1" * 30}, "wikidataId"),
    ({"activeFrom": "2024-11-30", "activeTo": "2024-11-29"}, "activeTo"),
    ({"aliases": [{"name": "ok"}, {"name": " "}]}, "aliases.1.name"),
    ({"aliases": [{"name": "ok", "language": "a"}]}, "aliases.0.language"),
    ({"aliases": [{"name": "ok", "language": "en" + "-x" * 30}]}, "aliases.0.language"),
    ({"aliases": [{"name": "ok", "script": "arab"}]}, "aliases.0.script"),
    ({"aliases": [{"name": f"n{n}"} for n in range(1_001)]}, "aliases"),
    ({"attributes": [{"name": "a", "value": "1"}, {"name": "b", "value": " "}]}, "attributes.1.value"),
    ({"attributes": [{"name": "two\nlines", "value": "1"}]}, "attributes.0.name"),
    ({"attributes": [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]}, "attributes.1.name"),
    ({"attributes": [{"name": f"n{n}", "value": "1"} for n in range(101)]}, "attributes"),
)


def create(world: World, **given: Any) -> Any:
    """The payload of a new actor."""
    return world.api.change("createActor", {"name": "Somebody", "kind": "PERSON", **given}, READ)


def update(world: World, id: str, **given: Any) -> Any:
    """The payload of an edited actor."""
    return world.api.change("updateActor", {"id": id, **given}, READ)


def test_what_is_sent_is_what_stands(world: World) -> None:
    """All fields, the aliases in their order; and the same when it is asked for again."""
    actor = create(world, **HEZBOLLAH)["actor"]
    assert {name: actor[name] for name in EDITABLE} == HEZBOLLAH
    assert (actor["version"], actor["createdAt"]) == (1, actor["updatedAt"])
    assert world.api(f'{{ actor(slug: "hezbollah") {{ {READ[8:-2]} }} }}')["actor"] == actor


def test_what_is_left_out_is_null(world: World) -> None:
    """Left out or null, it is the same."""
    for more in ({}, dict.fromkeys(("slug", *EDITABLE[3:]))):
        actor = create(world, **more)["actor"]
        assert {actor[name] for name in EDITABLE[3:-2]} == {None}
        assert actor["aliases"] == actor["attributes"] == []
        assert actor["slug"].startswith("somebody")


def test_what_is_wrong_is_told(world: World) -> None:
    """Each at its path, whether it is entered or edited."""
    actor = create(world, **HEZBOLLAH)["actor"]["id"]
    with world.unchanged():
        for wrong, path in BAD:
            payload = create(world, **wrong)
            assert told(payload) == {("INVALID", f"input.{path}")}, wrong
            assert payload["actor"] is None
            assert told(update(world, actor, **wrong)) == {("INVALID", f"input.{path}")}, wrong


def test_everything_wrong_at_once(world: World) -> None:
    """All of it is told in one go."""
    create(world, **HEZBOLLAH)
    actor = create(world)["actor"]["id"]
    wrong: dict[str, Any] = {
        "slug": "hezbollah",
        "name": "",
        "description": "",
        "countryCode": "?",
        "wikidataId": "Q41053",
        "activeFrom": "2000-01-02",
        "activeTo": "2000-01-01",
        "aliases": [{"name": "", "language": "?", "script": "?"}],
    }
    paths = {
        "name",
        "description",
        "countryCode",
        "activeTo",
        *(f"aliases.0.{n}" for n in ("name", "language", "script")),
    }
    expected = {("INVALID", f"input.{path}") for path in paths}
    expected |= {("DUPLICATE", "input.slug"), ("DUPLICATE", "input.wikidataId")}
    with world.unchanged():
        assert told(create(world, **wrong)) == expected
        assert told(update(world, actor, **wrong)) == expected


def test_slugs_are_made_of_names(world: World) -> None:
    """In small Latin letters; a second actor of that name gets another."""
    for name, slug in (
        ("Hayat Tahrir al-Sham (HTS)", "hayat-tahrir-al-sham-hts"),
        ("Хезболла", "khezbolla"),
        ("Cumhuriyet Halk Partisi — İstanbul", "cumhuriyet-halk-partisi-istanbul"),
        ("e\u0301lan vital", "elan-vital"),
    ):
        assert [create(world, name=name)["actor"]["slug"] for _ in range(3)] == [slug, f"{slug}-2", f"{slug}-3"]


def test_slugs_of_names_in_any_script(world: World) -> None:
    """Always a slug that may be given itself, never two of them alike."""
    for name in ("حزب الله", "עברית", "中文名稱", "🙂", "!!!", "a" * 300, "word " * 59):
        slugs = {create(world, name=name)["actor"]["slug"] for _ in range(2)}
        assert len(slugs) == 2
        for slug in slugs:
            found = world.api("query($slug: String!) { actor(slug: $slug) { id name } }", {"slug": slug})["actor"]
            assert found["name"] == name.strip()
            assert update(world, found["id"], slug=slug)["errors"] == []


def test_duplicates(world: World) -> None:
    """A slug and a Wikidata item belong to one actor; whoever has them may keep them."""
    first, second = create(world, **HEZBOLLAH)["actor"], create(world, slug="second", wikidataId="Q2")["actor"]
    with world.unchanged():
        assert told(create(world, slug="hezbollah")) == {("DUPLICATE", "input.slug")}
        assert told(create(world, wikidataId="Q41053")) == {("DUPLICATE", "input.wikidataId")}
        assert told(update(world, second["id"], slug="hezbollah")) == {("DUPLICATE", "input.slug")}
        assert told(update(world, second["id"], wikidataId="Q41053")) == {("DUPLICATE", "input.wikidataId")}
        assert update(world, first["id"], **HEZBOLLAH) == {"actor": first, "errors": []}
    update(world, first["id"], slug="first", wikidataId=None)
    assert told(update(world, second["id"], slug="hezbollah", wikidataId="Q41053")) == set()


def test_what_is_left_out_of_an_update_stays(world: World) -> None:
    """Each field is changed alone; all others stay, the version rises."""
    actor = create(world, **HEZBOLLAH)["actor"]
    changes: dict[str, Any] = {
        "slug": "party-of-god",
        "name": "Party of God",
        "kind": "POLITICAL_PARTY",
        "description": "Another description.",
        "countryCode": "SY",
        "wikidataId": "Q1",
        "activeFrom": "1985-01-01",
        "activeTo": "2025-01-01",
        "aliases": [{"name": "Hezbollah", "language": None, "script": None}],
        "attributes": [{"name": "Type", "value": "Business"}],
    }
    for version, (name, value) in enumerate(changes.items(), start=2):
        changed = update(world, actor["id"], **{name: value})["actor"]
        assert changed == {**actor, name: value, "version": version, "updatedAt": changed["updatedAt"]}
        assert changed["updatedAt"] > actor["updatedAt"]
        actor = changed


def test_null_clears(world: World) -> None:
    """What may be empty is cleared by null; what must not be is refused, all of it at once."""
    actor = create(world, **HEZBOLLAH)["actor"]
    with world.unchanged():
        payload = update(world, actor["id"], slug=None, name=None, kind=None)
        assert told(payload) == {("INVALID", f"input.{name}") for name in ("slug", "name", "kind")}
        assert payload["actor"] == actor
    cleared = update(world, actor["id"], **dict.fromkeys(EDITABLE[3:]))["actor"]
    assert {cleared[name] for name in EDITABLE[3:-2]} == {None}
    assert (cleared["aliases"], cleared["attributes"], cleared["version"]) == ([], [], 2)
    assert update(world, actor["id"], aliases=[], attributes=[])["actor"] == cleared


def test_nothing_different_changes_nothing(world: World) -> None:
    """Neither version nor revisions, whether all is sent again or nothing at all."""
    actor = create(world, **HEZBOLLAH)["actor"]
    with world.unchanged():
        for given in (HEZBOLLAH, {}, {"name": "Hezbollah"}, {"aliases": HEZBOLLAH["aliases"], "expectedVersion": 1}):
            assert update(world, actor["id"], **given) == {"actor": actor, "errors": []}


def test_expected_version(world: World) -> None:
    """No longer the version: nothing changes, and the actor is shown as it stands."""
    actor = create(world)["actor"]
    actor = update(world, actor["id"], name="Renamed", expectedVersion=1)["actor"]
    assert actor["version"] == 2
    with world.unchanged():
        for stale in (0, 1, 3):
            payload = update(world, actor["id"], name="Renamed again", expectedVersion=stale)
            assert told(payload) == {("CONFLICT", "input.expectedVersion")}
            assert payload["actor"] == actor


def test_an_end_before_the_beginning_that_stands(world: World) -> None:
    """A period is checked as it would be, and told at the end of it that was sent."""
    actor = create(world, activeFrom="2000-01-01", activeTo="2010-01-01")["actor"]["id"]
    with world.unchanged():
        assert told(update(world, actor, activeTo="1999-12-31")) == {("INVALID", "input.activeTo")}
        assert told(update(world, actor, activeFrom="2010-01-02")) == {("INVALID", "input.activeFrom")}
    assert told(update(world, actor, activeFrom="2011-01-01", activeTo=None)) == set()


def test_unknown(world: World) -> None:
    """There is nobody to edit."""
    with world.unchanged():
        for given, code in ((nobody("Actor"), "NOT_FOUND"), (nobody("Topic"), "INVALID"), ("act_", "INVALID")):
            payload = update(world, given, name="Renamed")
            assert (payload["actor"], told(payload)) == (None, {(code, "input.id")})


def test_aliases_are_replaced(world: World) -> None:
    """All of them, in the order given; none is left behind."""
    actor = create(world, **HEZBOLLAH)["actor"]["id"]
    for names in (["b", "a", "c"], ["c", "b"], ["c"] * 3, [], ["حزب الله"]):
        given = [{"name": name} for name in names]
        shown = update(world, actor, aliases=given)["actor"]["aliases"]
        assert [alias["name"] for alias in shown] == list(dict.fromkeys(names))
        rows = select(ActorAlias.name).where(ActorAlias.actor_id == key_of(actor)).order_by(ActorAlias.position)
        assert world.rows(rows) == list(dict.fromkeys(names))


def test_equal_aliases_are_one(world: World) -> None:
    """Equal after normalisation; the same name in another language is another alias."""
    aliases = [{"name": "  Ze\u0301d "}, {"name": "Zéd"}, {"name": "Zéd", "language": "fr"}]
    actor = create(world, **{**HEZBOLLAH, "aliases": aliases})["actor"]
    once = [{"name": "Zéd", "language": None, "script": None}, {"name": "Zéd", "language": "fr", "script": None}]
    assert actor["aliases"] == once
    assert update(world, actor["id"], aliases=aliases)["actor"] == actor
    assert world.count(ActorAlias) == 2


def test_found_by_every_name(world: World) -> None:
    """By name and aliases, in other scripts, misspelt a little; after a rename by the new names alone."""
    actor = create(world, **HEZBOLLAH)["actor"]["id"]
    other = create(world, name="Turkish Armed Forces")["actor"]["id"]
    for text in ("Hezbollah", "hezbolah", "HEZBOLLAH", "Хезболла", "хезбола", "حزب الله", "party of god"):
        assert world.search(text) == [actor], text
        filtered = world.api("query($t: String!) { actors(filter: {text: $t}) { edges { node { id } } } }", {"t": text})
        assert filtered["actors"]["edges"] == [{"node": {"id": actor}}], text
    update(world, actor, name="The Movement", aliases=[{"name": "Движение"}])
    for text in ("Hezbollah", "Хезболла", "حزب الله"):
        assert world.search(text) == [], text
    for text in ("movement", "движение"):
        assert world.search(text) == [actor], text
    update(world, actor, description="No name is changed.")
    assert world.search("movement") == [actor]
    assert world.search("turkish") == [other]
    assert (
        len(world.rows(select(ActorTrigram.name_number).where(ActorTrigram.actor_id == key_of(actor)).distinct())) == 2
    )


def test_ordered_by_the_new_name(world: World) -> None:
    """A renamed actor stands where its new name belongs, without regard to case and accents."""
    ids = {name: create(world, name=name)["actor"]["id"] for name in ("alpha", "Émile", "Zulu")}
    update(world, ids["alpha"], name="Zebra")
    edges = world.api("{ actors { edges { node { name } } } }")["actors"]["edges"]
    assert [edge["node"]["name"] for edge in edges] == ["Émile", "Zebra", "Zulu"]


def test_names_that_grow_when_they_are_folded(world: World) -> None:
    """A name of 300 signs that stand for whole words is taken like any other, and sorted."""
    signs = random.Random(1).choices([chr(c) for c in range(0x3300, 0x3358)] + ["\ufdfa"], k=300)
    actor = create(world, name="".join(signs), aliases=[{"name": "".join(signs[::-1])}])
    assert actor["errors"] == []
    assert actor["actor"]["name"] == "".join(signs)
    topic = world.api.change("createTopic", {"name": "".join(signs)}, "topic { name }")
    assert topic["topic"]["name"] == "".join(signs)
