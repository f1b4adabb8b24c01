"""What comes back from a mutation: the payload, read in one statement, under the caller's own names."""

from sqlalchemy import select

from models import Stance
from tests.services.conftest import World, codes, told, towards

RECORD = 'recordStance(input: {{statementId: "{}", target: {{topicId: "{}"}}, label: {}}})'


def test_client_mutation_id_comes_back_as_it_is(world: World) -> None:
    """From every payload, done or refused, and null where there was none."""
    for given in ("mine", "", '🙂\n"\\', "\u0000", "x" * 5_000, None):
        payload = world.api.change("createTopic", {"name": "T", "clientMutationId": given}, "clientMutationId")
        assert payload["clientMutationId"] == given
        payload = world.api.change("createTopic", {"name": " ", "clientMutationId": given}, "clientMutationId")
        assert (payload["clientMutationId"], told(payload)) == (given, {("INVALID", "input.name")})
    assert world.api.change("createTopic", {"name": "T"}, "clientMutationId")["clientMutationId"] is None


def test_client_mutation_ids_of_a_batch(world: World) -> None:
    """Each result has its own, the whole another."""
    one = {"statementId": world.statement(), "target": towards(world.topic()), "label": "MIXED"}
    answer = world.api(
        """mutation($input: RecordStancesInput!) { recordStances(input: $input) {
            whole: clientMutationId results { one: clientMutationId } } }""",
        {"input": {"clientMutationId": "all", "stances": [{**one, "clientMutationId": "1"}, one]}},
        "anna",
    )
    assert answer["recordStances"] == {"whole": "all", "results": [{"one": "1"}, {"one": None}]}


def test_two_mutations_in_one_operation(world: World) -> None:
    """One after the other, under their aliases: the second meets what the first did."""
    statement, topic = world.statement(), world.topic()
    fields = "{ created stance { id version label } errors { code } }"
    text = f"""mutation {{
        first: {RECORD.format(statement, topic, "SUPPORT")} {fields}
        second: {RECORD.format(statement, topic, "OPPOSE")} {fields}
        __typename
        third: {RECORD.format(statement, topic, "OPPOSE")} {{ ...Said }}
    }} fragment Said on RecordStancePayload {fields}"""
    answer = world.api(text, as_="anna")
    assert list(answer) == ["first", "second", "__typename", "third"]
    assert answer["__typename"] == "Mutation"
    first, second, third = answer["first"], answer["second"], answer["third"]
    assert [x["created"] for x in (first, second, third)] == [True, False, False]
    assert [x["stance"]["version"] for x in (first, second, third)] == [1, 2, 2]
    assert {x["stance"]["id"] for x in (first, second, third)} == {first["stance"]["id"]}


def test_a_forbidden_mutation_leaves_the_one_before_it(world: World) -> None:
    """Each is a transaction of its own: what was done before a refusal stays done, what stands behind is not begun."""
    statement, topic, other = world.statement(), world.topic(), world.topic()
    text = f"""mutation {{
        first: {RECORD.format(statement, topic, "SUPPORT")} {{ created }}
        second: createTopic(input: {{name: "T"}}) {{ topic {{ id }} }}
        third: {RECORD.format(statement, other, "SUPPORT")} {{ created }}
    }}"""
    answer = world.api.run(text, as_="anna")
    assert codes(answer) == ["FORBIDDEN", "NOT_EXECUTED"]
    assert [error["path"] for error in answer["errors"]] == [["second"], ["third"]]
    assert answer["data"] == {"first": {"created": True}, "second": None, "third": None}
    assert [str(s.label) for s in world.rows(select(Stance))] == ["SUPPORT"]


def test_a_payload_is_read_in_one_statement(world: World) -> None:
    """However much of the graph is asked for, a page within a page included."""
    statement, topic = world.statement(), world.topic()
    world.record(statement, topic)
    world.api(f"mutation {{ {RECORD.format(statement, topic, 'SUPPORT')} {{ created }} }}", as_="anna")
    written = world.api.statements
    deep = """{ created errors { code } stance { label holder { name stancesHeld(first: 3) { totalCount edges { node {
        statement { quote { exact } document { title text statements { edges { node { speaker { name } } } } } }
        target { __typename ... on Topic { name } ... on Actor { name } } } } } } annotator { name } } }"""
    answer = world.api(f"mutation {{ {RECORD.format(statement, topic, 'SUPPORT')} {deep} }}", as_="anna")
    assert world.api.statements == written + 1
    stance = answer["recordStance"]["stance"]
    assert stance["holder"]["stancesHeld"]["totalCount"] == 1
    (edge,) = stance["holder"]["stancesHeld"]["edges"]
    assert edge["node"]["statement"]["quote"] == {"exact": "two"}
    assert edge["node"]["target"]["__typename"] == "Topic"


def test_a_payload_shows_what_was_just_written(world: World) -> None:
    """Lists and counts in the payload hold the new row already."""
    document, speaker = world.document("One two three."), world.actor("Speaker")
    payload = world.api.change(
        "createStatement",
        {"documentId": document, "speakerId": speaker, "kind": "QUOTATION", "anchor": {"exact": "two"}},
        """statement { id speaker { name statements { totalCount } }
            document { statements { edges { node { id quote { prefix exact suffix } } } } } }""",
        "anna",
    )
    statement = payload["statement"]
    assert statement["speaker"] == {"name": "Speaker", "statements": {"totalCount": 1}}
    assert statement["document"]["statements"]["edges"] == [
        {"node": {"id": statement["id"], "quote": {"prefix": "One ", "exact": "two", "suffix": " three."}}}
    ]


def test_a_payload_that_cannot_be_read_is_refused_before_anything_is_written(world: World) -> None:
    """A bad argument in what is asked back must not leave the caller with a change and no answer."""
    statement, topic = world.statement(), world.topic()
    with world.unchanged():
        for refused in ("first: 101", "first: 0", 'after: "nonsense"'):
            back = f"{{ stance {{ holder {{ stancesHeld({refused}) {{ edges {{ cursor }} }} }} }} }}"
            answer = world.api.run(f"mutation {{ {RECORD.format(statement, topic, 'SUPPORT')} {back} }}", as_="anna")
            assert codes(answer) == ["BAD_USER_INPUT"], refused


def test_skip_and_include_hold_for_mutations(world: World) -> None:
    """A mutation that is skipped is not carried out."""
    text = """mutation($yes: Boolean!) {
        no: createTopic(input: {name: "No"}) @skip(if: $yes) { topic { slug } }
        yes: createTopic(input: {name: "Yes"}) @include(if: $yes) { topic { slug name @skip(if: $yes) } }
    }"""
    assert world.api(text, {"yes": True}, "karl") == {"yes": {"topic": {"slug": "yes"}}}
    assert world.api("{ topics { totalCount } }") == {"topics": {"totalCount": 1}}
