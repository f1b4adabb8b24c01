"""Names given in mutations: stored in one form, refused where they hide something, and hinted at where others have them."""

import itertools
from typing import Any

import pytest
from sqlalchemy import update

from models import Actor
from models.folding import foldings
from tests.services.conftest import World, told

DECOMPOSED, COMPOSED = "Cafe\u0301", "Café"
DOUBTFUL = {
    "\u202e": "U+202E (RIGHT-TO-LEFT OVERRIDE)",
    "\u2067": "U+2067 (RIGHT-TO-LEFT ISOLATE)",
    "\t": "U+0009 (control character)",
    "\n": "U+000A (LINE BREAK)",
    "\x1b": "U+001B (control character)",
    "\uffff": "U+FFFF (no assigned character)",
    "\ufff9": "U+FFF9 (INTERLINEAR ANNOTATION ANCHOR)",
    "\U000e0041": "U+E0041 (TAG LATIN CAPITAL LETTER A)",
}
SIMILAR = "similar { id name }"


def named(name: str, world: World) -> dict[str, tuple[dict[str, Any], str]]:
    """Each mutation that takes names → its input and the selection of its row; every name in it is `name`."""
    group, member = world.actor(), world.actor()
    return {
        "createActor": (
            {"name": name, "kind": "PERSON", "aliases": [{"name": name}]},
            "actor { name aliases { name } }",
        ),
        "createTopic": (
            {"name": name, "attributes": [{"name": name, "value": "1"}]},
            "topic { name attributes { name } }",
        ),
        "createDocument": ({"title": name, "language": "en", "text": "One."}, "document { title }"),
        "createMembership": ({"memberId": member, "groupId": group, "role": name}, "membership { role }"),
        "createProject": (
            {"name": name, "guidelines": name, "labels": [{"label": "MIXED", "definition": name}]},
            "project { name guidelines codebook { guidelines labels { definition } } }",
        ),
    }


def texts_in(value: Any) -> list[str]:
    """All texts in an answer."""
    if isinstance(value, dict):
        return list(itertools.chain.from_iterable(map(texts_in, value.values())))
    return list(itertools.chain.from_iterable(map(texts_in, value))) if isinstance(value, list) else [value]


def test_names_are_stored_in_normal_form(world: World) -> None:
    """Composed, trimmed, one space for a run of blanks: in every mutation, and the same again changes nothing."""
    for mutation, (given, shown) in named(f" {DECOMPOSED}\u00a0 One\n", world).items():
        payload = world.api.change(mutation, given, shown)
        assert payload.pop("errors") == []
        found = set(texts_in(payload))
        inner = {f"{COMPOSED} One", f" {COMPOSED}\u00a0 One"} if mutation == "createProject" else {f"{COMPOSED} One"}
        usual = {text for text in found if text.startswith("The ")}  # of labels that were not defined
        assert found - usual <= inner, mutation
    actor = world.actor(COMPOSED)
    edited = world.api.change("updateActor", {"id": actor, "name": f"{DECOMPOSED} "}, "actor { name version }")
    assert edited["actor"] == {"name": COMPOSED, "version": 1}


def test_texts_are_stored_as_they_came(world: World) -> None:
    """Documents, quotes and rationales: to the code point."""
    text = f" {DECOMPOSED}  \u202btwo\u202c \n"
    document = world.document(text)
    statement = world.statement(exact=DECOMPOSED, document=document)
    stance = world.stance(statement, rationale=text)
    read = "... on Statement { quote { exact prefix } document { text } }"
    found = world.node(statement, read)
    assert (found["document"]["text"], found["quote"]) == (text, {"exact": DECOMPOSED, "prefix": " "})
    assert stance["rationale"] == text


@pytest.mark.parametrize("character", DOUBTFUL)
def test_what_hides_something_is_refused(world: World, character: str) -> None:
    """With the field and the code point, in every mutation that takes a name."""
    cases = named(f"a{character}b", world)
    with world.unchanged():
        for mutation, (given, _) in cases.items():
            payload = world.api.change(mutation, given, "__typename")
            prose = mutation == "createProject" and character in "\t\n"
            paths = {"input.name", "input.guidelines", "input.labels.0.definition"} if not prose else {"input.name"}
            expected = {
                "createActor": {"input.name", "input.aliases.0.name"},
                "createTopic": {"input.name", "input.attributes.0.name"},
                "createDocument": {"input.title"},
                "createMembership": {"input.role"},
                "createProject": paths,
            }[mutation]
            assert told(payload) == {("INVALID", path) for path in expected}, mutation
            assert all(DOUBTFUL[character] in error["message"] for error in payload["errors"])


@pytest.mark.parametrize("name", ["\u3164", "\u2800 \u2800", "\u115f", "\uffa0", "\u034f\u3164"])
def test_a_name_can_be_seen(world: World, name: str) -> None:
    """White space and characters that are not seen are no name."""
    # The guidelines of a project may be blank.
    cases = {mutation: given for mutation, (given, _) in named(name, world).items()} | {"createProject": {"name": name}}
    with world.unchanged():
        for mutation, given in cases.items():
            payload = world.api.change(mutation, given, "__typename")
            assert payload["errors"]
            for error in payload["errors"]:
                assert error["code"] == "INVALID"
                assert "visible" in error["message"]
                assert f"U+{ord(name[0]):04X}" in error["message"]


@pytest.mark.parametrize("other", ["A\u200ebc", "Abc\u3164", "abc\u2800", "A\u200dbc", "A\ufe0fbc"])
def test_similar_but_for_what_is_not_seen(world: World, other: str) -> None:
    """Whichever of the two comes first, of actors and of topics; also where the row holds its older folded form."""
    first = world.actor("Abc")
    payload = world.api.change("createActor", {"name": other, "kind": "PERSON"}, f"actor {{ id name }} {SIMILAR}")
    assert ([each["id"] for each in payload["similar"]], payload["actor"]["name"]) == ([first], other)
    again = world.api.change("updateActor", {"id": first, "name": "ABC"}, SIMILAR)["similar"]
    assert [each["id"] for each in again] == [payload["actor"]["id"]]
    world.execute(update(Actor).where(Actor.name == other).values(sort_name=max(foldings(other), key=len)))
    third = world.api.change("createActor", {"name": other, "kind": "PERSON"}, SIMILAR)["similar"]
    assert [each["id"] for each in third] == [first, payload["actor"]["id"]]
    topic = world.topic(other)
    similar = world.api.change("createTopic", {"name": "abc"}, SIMILAR)["similar"]
    assert [each["id"] for each in similar] == [topic]


def test_similar_actors(world: World) -> None:
    """By name or alias, upper and lower case aside; accents count. It is a hint alone: the actor is entered."""
    farc = world.actor("FARC", aliases=[{"name": "Fuerzas Armadas"}])
    world.actor("Fárc")

    def entered(name: str, *aliases: str) -> list[str]:
        given = {"name": name, "kind": "ARMED_GROUP", "aliases": [{"name": alias} for alias in aliases]}
        payload = world.api.change("createActor", given, f"actor {{ id }} {SIMILAR}")
        assert payload["errors"] == []
        return [each["id"] for each in payload["similar"]]

    assert entered("farc ") == [farc]
    assert entered("ELN") == []
    assert farc in entered("The others", "fuerzas  ARMADAS")
    renamed = world.api.change("updateActor", {"id": farc, "name": "Eln"}, SIMILAR)["similar"]
    assert [each["name"] for each in renamed] == ["ELN"]
    kept = world.api.change("updateActor", {"id": farc, "description": "A group."}, SIMILAR)
    assert kept == {"similar": [], "errors": []}
    refused = world.api.change("createActor", {"name": "eln", "kind": "PERSON", "slug": "NO"}, SIMILAR)
    assert (refused["similar"], told(refused)) == ([], {("INVALID", "input.slug")})


def test_similar_topics(world: World) -> None:
    truce = world.topic("The truce")
    entered = world.api.change("createTopic", {"name": "THE TRUCE"}, f"topic {{ id }} {SIMILAR}")
    assert entered["similar"] == [{"id": truce, "name": "The truce"}]
    same = world.api.change("updateTopic", {"id": truce, "name": "The truce"}, SIMILAR)["similar"]
    assert [each["id"] for each in same] == [entered["topic"]["id"]]


def test_at_most_twenty_are_similar(world: World) -> None:
    for _ in range(22):
        world.actor("The Government")
    given = {"name": "the government", "kind": "GOVERNMENT"}
    assert len(world.api.change("createActor", given, SIMILAR)["similar"]) == 20
