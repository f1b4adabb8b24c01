"""GET /network.svg: visibility, caching and Content-Security-Policy."""

import re
from xml.etree import ElementTree

import pytest

from tests.conftest import Api
from tests.services.conftest import World, world

__all__ = ["world"]

SVG = "{http://www.w3.org/2000/svg}"


def drawn(api: Api, query: str = "", as_: str | None = None) -> ElementTree.Element:
    headers = {} if as_ is None else {"authorization": f"Bearer {api.tokens[as_]}"}
    response = api.client.get(f"/network.svg{query}", headers=headers)
    assert response.status_code == 200, response.text
    return ElementTree.fromstring(response.content)


def names(root: ElementTree.Element) -> set[str]:
    (actors,) = [group for group in root.iter(f"{SVG}g") if group.get("aria-label") == "Actors"]
    return {node.findtext(f"{SVG}title") or "" for node in actors}


def told(root: ElementTree.Element) -> str:
    return root.findtext(f"{SVG}desc") or ""


def test_it_shows_what_the_graph_shows(reading: Api) -> None:
    query = "query($f: RelationFilter) { network(filter: $f) { actors { name } relations { id } } }"
    for parameters, given in (
        ("", {}),
        ("?asOf=2024-11-29", {"asOf": "2024-11-29"}),
        ("?asOf=2018-01-01&kind=alliance", {"asOf": "2018-01-01", "kind": ["ALLIANCE"]}),
        ("?status=ALLEGED", {"status": ["ALLEGED"]}),
    ):
        found = reading(query, {"f": given})["network"]
        root = drawn(reading, parameters)
        assert names(root) == {actor["name"] for actor in found["actors"]}
        assert f"{len(found['relations'])} relation" in told(root)


def test_actors_are_drawn_with_their_neighbours(reading: Api) -> None:
    id = reading('{ actor(slug: "israel") { id } }')["actor"]["id"]
    query = "query($f: RelationFilter) { network(filter: $f) { actors { name } } }"
    expected = {actor["name"] for actor in reading(query, {"f": {"involving": [id]}})["network"]["actors"]}
    assert names(drawn(reading, "?actors=israel")) == names(drawn(reading, f"?actors={id}")) == expected
    more = names(drawn(reading, "?actors=israel,turkey"))
    assert more == names(drawn(reading, "?actors=israel&actors=turkey"))
    assert expected < more


def test_merged_actors_are_found_by_their_former_slugs(world: World) -> None:
    former, survivor, other = (world.actor(name) for name in ("Former", "Survivor", "Other"))
    world.relation(survivor, other)
    world.merge(former, survivor)
    assert names(drawn(world.api, "?actors=former")) == {"Survivor", "Other"}


def test_members_act_as_their_groups(world: World) -> None:
    group, member, foe = (world.actor(name) for name in ("Group", "Member", "Foe"))
    world.membership(member, group)
    world.relation(member, foe)
    assert names(drawn(world.api)) == {"Member", "Foe"}
    assert names(drawn(world.api, "?collapseMembers=true")) == {"Group", "Foe"}


def test_names_are_text_and_nothing_else(world: World) -> None:
    hostile = '"><script>alert(1)</script>&'
    world.relation(world.actor(hostile), world.actor("حزب الله"))
    root = drawn(world.api)
    assert names(root) == {hostile, "حزب الله"}
    assert not list(root.iter(f"{SVG}script"))


def test_who_has_it_is_not_sent_it_again(api: Api) -> None:
    first = api.client.get("/network.svg?asOf=2024-11-29")
    tag = first.headers["etag"]
    again = api.client.get("/network.svg?asOf=2024-11-29", headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["cache-control"] == "private, no-cache"
    other = api.client.get("/network.svg?asOf=2018-01-01", headers={"if-none-match": tag})
    assert other.status_code == 200
    query = "mutation($i: UpdateActorInput!) { updateActor(input: $i) { errors { message } } }"
    actor = api('{ actor(slug: "israel") { id version } }')["actor"]
    api(query, {"i": {"id": actor["id"], "expectedVersion": actor["version"], "name": "Another"}}, "karl")
    changed = api.client.get("/network.svg?asOf=2024-11-29", headers={"if-none-match": tag})
    assert changed.status_code == 200
    assert "Another" in changed.text


def test_it_may_load_nothing_but_its_own_style(reading: Api) -> None:
    response = reading.client.get("/network.svg")
    assert response.headers["content-type"] == "image/svg+xml; charset=utf-8"
    assert response.headers["x-content-type-options"] == "nosniff"
    policy = dict(part.strip().partition(" ")[::2] for part in response.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert "script-src" not in policy
    assert "sandbox" in policy
    from base64 import b64encode
    from hashlib import sha256

    (style,) = re.findall("<style>(.*?)</style>", response.text)
    assert policy["style-src"] == f"'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'"
    assert " style=" not in response.text


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("asOf=soon", "asOf: must be a date"),
        ("asOf=2024-02-30", "asOf: must be a date"),
        ("kind=friendship", "kind: must be one of ALLIANCE, OPPOSITION"),
        ("actors=nobody", "actors: there is no actor 'nobody'"),
        ("actors=" + ",".join(f"a{n}" for n in range(60)), "actors: has 60 actors; the maximum is 50"),
        ("width=9", "width: must be from 100 to 20,000"),
        ("width=wide", "width: must be a number"),
        ("collapseMembers=perhaps", "collapseMembers: must be true or false"),
        ("colour=red", "unknown parameter 'colour'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(reading: Api, query: str, why: str) -> None:
    response = reading.client.get(f"/network.svg?{query}")
    assert response.status_code == 400
    assert why in response.json()["errors"][0]["message"]


def test_a_token_that_is_not_good_is_refused(reading: Api) -> None:
    assert reading.client.get("/network.svg", headers={"authorization": "Bearer nonsense"}).status_code == 401
