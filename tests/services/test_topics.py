"""Entering topics."""

from typing import Any

from tests.services.conftest import World, told

READ = "topic { id slug name description version }"


def create(world: World, **given: Any) -> Any:
    """The payload of a new topic."""
    return world.api.change("createTopic", given, READ)


def test_what_is_sent_is_what_stands(world: World) -> None:
    """And is found by its slug."""
    given = {"slug": "truce", "name": "The truce", "description": "SUPPORT: wants it."}
    topic = create(world, **given)["topic"]
    assert topic == {**given, "id": topic["id"], "version": 1}
    assert world.api(f'{{ topic(slug: "truce") {{ {READ[8:-2]} }} }}')["topic"] == topic
    assert create(world, name="Nothing else", slug=None, description=None)["topic"]["description"] is None


def test_slugs(world: World) -> None:
    """Made of the name and made unique among topics; a given one must be free. Actors have slugs of their own."""
    world.actor("The truce")
    slugs = [create(world, name="The truce")["topic"]["slug"] for _ in range(3)]
    assert slugs == ["the-truce", "the-truce-2", "the-truce-3"]
    for name in ("هدنة", "🕊", "!"):
        assert create(world, name=name)["errors"] == []
    with world.unchanged():
        payload = create(world, name="Truce", slug="the-truce-2")
        assert (payload["topic"], told(payload)) == (None, {("DUPLICATE", "input.slug")})


def test_what_is_wrong_is_told(world: World) -> None:
    """All of it at once."""
    with world.unchanged():
        payload = create(world, name=" ", slug="No Slug", description="")
        assert told(payload) == {("INVALID", f"input.{name}") for name in ("name", "slug", "description")}
        assert payload["topic"] is None
        for wrong in ("x" * 301, "a\nb", "a\u0000b"):
            assert told(create(world, name=wrong)) == {("INVALID", "input.name")}


def test_found_by_its_words(world: World) -> None:
    """By name and description, without regard to case and accents."""
    topic = create(world, name="Cessez-le-feu à Idlib", description="Die Waffenruhe von Sotschi")["topic"]["id"]
    for text in ("cessez", "FEU", "idlib a", "waffenruhe", "Sotsch"):
        assert world.search(text, "TOPIC") == [topic], text
    assert world.search("Aleppo", "TOPIC") == []
