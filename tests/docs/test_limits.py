"""The page about limits lists them all; descriptions of fields name them, and what is beyond them is refused."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, build_schema, get_named_type, is_list_type, is_non_null_type

from api import limits
from api.limits import Limit
from api.settings import Settings, variable
from docs.generator import settings
from tests.conftest import Api, _serving
from tests.services.conftest import World, nobody

ROOT = Path(__file__).parents[2]
MARKER = "<!-- generated: limits -->"
SCHEMA = build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))


def test_the_page_has_each_limit_of_the_code_and_each_setting_that_is_a_limit() -> None:
    rows = [line.split(" | ") for line in settings.limits().splitlines()[2:]]
    listed = {row[0].removeprefix("| ") for row in rows}
    assert {limit.of for limit in limits.TABLE} <= listed
    variables = {row[2].removesuffix(" |").strip("`") for row in rows}
    assert {variable(name) for name in Settings.model_fields if name.startswith("max_")} <= variables
    assert MARKER in (ROOT / "docs" / "reference" / "limits.md").read_text(encoding="utf-8")


def test_settings_have_the_defaults_of_the_table() -> None:
    for limit in limits.TABLE:
        if limit.setting is not None:
            assert Settings.model_fields[limit.setting].default == limit.maximum


def test_no_limit_stands_elsewhere() -> None:
    """What use cases refuse by its size is in the one table; what is shown or searched of a text is no limit of it."""
    own = re.compile(r"^_?(?:MOST|MAX|LARGEST|LONGEST)[A-Z_]*(?=(?:: \w+)? = [0-9])", re.MULTILINE)
    for file in (ROOT / "api" / "services").rglob("*.py"):
        assert set(own.findall(file.read_text(encoding="utf-8"))) <= {"_MAX_LISTED", "_MAX_COMPARED"}, file


# ---------------------------------------------------------------- front door

TEXTS = {
    limits.NAME: "name title role",
    limits.TEXT: "description summary rationale value definition",
    limits.URL: "url",
    limits.QUOTE: "exact",
    limits.SKIP_REASON: "reason",
    limits.GUIDELINES: "guidelines",
    limits.DOCUMENT: "text",
}
LISTS = {
    limits.ALIASES: "aliases",
    limits.ATTRIBUTES: "attributes",
    limits.EVIDENCE: "evidenceIds",
    limits.TARGETS: "targets",
    limits.EXAMPLES: "examples",
    limits.PROJECT_ROWS: "documentIds speakerIds",
    limits.STANCES: "stances",
}


def limited() -> Iterator[Any]:
    """Each field of an input that tells a limit: the mutation, the path to it, and the limit."""
    mutation = SCHEMA.mutation_type
    assert mutation is not None
    for name, field in mutation.fields.items():
        for path, description in _described(get_named_type(field.args["input"].type)):
            for limit in (*TEXTS, *LISTS):
                if limit.description in description and path[-1] in {**TEXTS, **LISTS}[limit].split():
                    yield pytest.param(name, path, limit, id=f"{name}.{'.'.join(path)}")


def _described(type_: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    assert isinstance(type_, GraphQLInputObjectType)
    for name, field in type_.fields.items():
        yield (*above, name), str(field.description)
        below = get_named_type(field.type)
        if isinstance(below, GraphQLInputObjectType) and name not in ("stances", "target", "targets"):
            yield from _described(below, (*above, name))


CASES = list(limited())


def _beyond(limit: Limit) -> Any:
    number = limit.maximum + 1
    if limit in TEXTS:
        return "x" * number
    items: dict[Limit, Any] = {
        limits.ALIASES: {"name": "a"},
        limits.ATTRIBUTES: {"name": "a", "value": "b"},
        limits.TARGETS: {"actorId": nobody("Actor")},
        limits.EXAMPLES: "x",
        limits.STANCES: {"statementId": nobody("Statement"), "target": {"actorId": nobody("Actor")}, "label": "MIXED"},
    }
    return [items.get(limit, nobody("Actor"))] * number


def test_every_kind_of_limit_is_told_somewhere() -> None:
    assert {case.values[2] for case in CASES} == {*TEXTS, *LISTS}
    assert len(CASES) > 30


@pytest.fixture(scope="module")
def world(seeded: Any) -> Iterator[World]:
    """One world for all cases: each is refused."""
    url = seeded.copy()
    for api in _serving(url, seeded.tokens, max_body_bytes="3000000"):
        yield World(api)
    seeded.drop(url)


@pytest.mark.parametrize(("mutation", "path", "limit"), CASES)
def test_a_field_that_tells_a_limit_is_held_to_it(
    world: World, mutation: str, path: tuple[str, ...], limit: Limit
) -> None:
    """Refused with the number allowed and the number sent, whatever else is wrong with the input."""
    given = _filled(world, mutation, path, _beyond(limit))
    messages = _refused(world.api, mutation, given)
    told = re.compile(rf"at most {limit.maximum:,} {limit.unit}, not {limit.maximum + 1:,}")
    assert any(told.search(message) for message in messages), messages


def _filled(world: World, mutation: str, path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """An input of that mutation with `value` at `path`, and something of the right type wherever it must be."""
    schema = SCHEMA.mutation_type
    assert schema is not None
    type_ = get_named_type(schema.fields[mutation].args["input"].type)
    return _object(world, mutation, type_, path, value)


def _object(world: World, mutation: str, type_: Any, path: tuple[str, ...], value: Any) -> dict[str, Any]:

    made: dict[str, Any] = {}
    for name, field in type_.fields.items():
        below = get_named_type(field.type)
        several = is_list_type(field.type.of_type if is_non_null_type(field.type) else field.type)
        if path and name == path[0]:
            made[name] = value if len(path) == 1 else _object(world, mutation, below, path[1:], value)
            made[name] = [made[name]] if several and len(path) > 1 else made[name]
        elif is_non_null_type(field.type):
            one = _one(world, mutation, name, below)
            made[name] = [one] if several else one
    return made


def _one(world: World, mutation: str, name: str, type_: Any) -> Any:
    if isinstance(type_, GraphQLInputObjectType):
        return {"actorId": nobody("Actor")} if type_.is_one_of else _object(world, mutation, type_, (), None)
    if type_.name == "ID":
        return _existing(world, mutation, name)
    if hasattr(type_, "values"):
        return next(iter(type_.values))
    return {"Int": 1, "Float": 1.0, "Boolean": True, "Date": "2024-11-29"}.get(type_.name, "en")


def _existing(world: World, mutation: str, name: str) -> str:
    """The id of a row that is there: some use cases look at nothing else where there is none."""
    noun = {"id": re.sub("^[a-z]+", "", mutation)}.get(name, name.removesuffix("Id").title())
    root = {"Project": "projects", "Document": "documents", "Statement": "statements", "Topic": "topics"}.get(noun)
    root = {"Relation": "relations"}.get(noun, root or "actors")
    found = world.api(f"{{ {root}(first: 1) {{ edges {{ node {{ id }} }} }} }}")[root]["edges"][0]["node"]["id"]
    return str(nobody("Assignment") if noun == "Assignment" else found)


def _refused(api: Api, mutation: str, given: dict[str, Any]) -> list[str]:
    results = "results { errors { message path } }" if mutation == "recordStances" else "errors { message path }"
    kind = mutation[0].upper() + mutation[1:] + "Input"
    answer = api.run(f"mutation($i: {kind}!) {{ {mutation}(input: $i) {{ {results} }} }}", {"i": given}, "ada")
    assert "errors" not in answer, answer["errors"]
    payload = answer["data"][mutation]
    several = payload["results"] if mutation == "recordStances" else [payload]
    return [error["message"] for each in several for error in each["errors"]]
