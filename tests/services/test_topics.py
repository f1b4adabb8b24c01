"""Entering and editing topics."""

from typing import Any

from tests.services.conftest import World, nobody, told

READ = "topic { id slug name description version attributes { name value } }"

ATTRIBUTES = [{"name": "colour", "value": "#ff9900"}, {"name": "Type", "value": "Claim"}]
BAD: tuple[tuple[dict[str, Any], str], ...] = (
    ({"slug": "No Slug"}, "slug"),
    ({"name": " "}, "name"),
    ({"description": " "}, "description"),
    ({"attributes": [{"name": "a", "value": ""}]}, "attributes.0.value"),
    ({"attributes": [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]}, "attributes.1.name"),
)


def create(world: World, **given: Any) -> Any:
    """The payload of a new topic."""
    return world.api.change("createTopic", given, READ)


def test_what_is_sent_is_what_stands(world: World) -> None:
    """And is found by its slug."""
    given = {"slug": "truce", "name": "The truce", "description": "SUPPORT: wants it.", "attributes": ATTRIBUTES}
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


# ---------------------------------------------------------------- edits


def update(world: World, id: str, **given: Any) -> Any:
    """The payload of an edited topic."""
    return world.api.change("updateTopic", {"id": id, **given}, READ)


def test_what_is_left_out_of_an_update_stays(world: World) -> None:
    """Each field is changed alone; all others stay, the version rises."""
    topic = create(world, slug="truce", name="The truce", description="Wants it.", attributes=ATTRIBUTES)["topic"]
    changes: dict[str, Any] = {
        "slug": "peace",
        "name": "Peace",
        "description": "All of it.",
        "attributes": ATTRIBUTES[::-1],
    }
    for version, (name, value) in enumerate(changes.items(), start=2):
        changed = update(world, topic["id"], **{name: value})["topic"]
        assert changed == {**topic, name: value, "version": version}
        topic = changed
    with world.unchanged():
        for given in (changes, {}, {"name": "Peace", "expectedVersion": 5}):
            assert update(world, topic["id"], **given) == {"topic": topic, "errors": []}
    assert world.search("truce", "TOPIC") == []
    assert world.search("peace", "TOPIC") == [topic["id"]]


def test_null_clears(world: World) -> None:
    """What may be empty; what must not be is refused."""
    topic = create(world, name="The truce", description="Wants it.", attributes=ATTRIBUTES)["topic"]
    with world.unchanged():
        assert told(update(world, topic["id"], slug=None, name=None)) == {
            ("INVALID", "input.slug"),
            ("INVALID", "input.name"),
        }
    cleared = update(world, topic["id"], description=None, attributes=None)["topic"]
    assert cleared == {**topic, "description": None, "attributes": [], "version": 2}


def test_refused_edits(world: World) -> None:
    """Of what can never be right, of another's slug, of an old version, of no topic."""
    topic, other = create(world, name="The truce")["topic"], create(world, name="Another", slug="another")["topic"]
    with world.unchanged():
        for wrong, path in BAD:
            assert told(update(world, topic["id"], **wrong)) == {("INVALID", f"input.{path}")}, wrong
            assert ("INVALID", f"input.{path}") in told(create(world, **{"name": "Ok", **wrong})), wrong
        assert told(update(world, topic["id"], slug=other["slug"])) == {("DUPLICATE", "input.slug")}
        stale = update(world, topic["id"], name="Peace", expectedVersion=2)
        assert (told(stale), stale["topic"]) == ({("CONFLICT", "input.expectedVersion")}, topic)
        assert told(update(world, nobody("Topic"), name="Peace")) == {("NOT_FOUND", "input.id")}
        assert told(update(world, nobody("Actor"), name="Peace")) == {("INVALID", "input.id")}
