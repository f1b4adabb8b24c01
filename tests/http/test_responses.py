"""Request IDs, lines in the log, GET, and CORS."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from api.errors import ConfigurationError
from tests.conftest import Api

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
PAGE = "https://app.example.org"
CREATE = """mutation Keep($text: String!) {
  createDocument(input: { title: "Log", language: "en", text: $text }) { document { id } errors { code } }
}"""


def line(api: Api) -> Any:
    """Return the log line of the last operation."""
    (found,) = [entry for entry in api.log if entry["event"] == "operation"]
    return found


# ---------------------------------------------------------------- request id


@pytest.mark.parametrize("given", ["a", "0af7651916cd43dd8448eb211c80319c", "trace_7-b", "x" * 100])
def test_a_request_id_is_given_back_and_logged(reading: Api, given: str) -> None:
    response = reading.post({"query": "{ __typename }"}, **{"x-request-id": given})
    assert response.headers["x-request-id"] == given
    assert line(reading)["request_id"] == given


@pytest.mark.parametrize("given", ["", " ", "x" * 101, "a b", "a;b", 'a"b', "<script>", "a\tb", "é", "--__--"])
def test_one_that_would_not_do_in_a_log_is_replaced(reading: Api, given: str) -> None:
    """A request ID in the log cannot contain anything else."""
    headers = [(b"content-type", b"application/json"), (b"x-request-id", given.encode("latin-1"))]
    response = reading.client.post("/graphql", content=b'{"query": "{ __typename }"}', headers=headers)
    made = response.headers["x-request-id"]
    assert made != given
    assert len(made) == 32
    assert made.isalnum()


def test_each_request_has_its_own(reading: Api) -> None:
    ids = {reading.post({"query": "{ __typename }"}).headers["x-request-id"] for _ in range(10)}
    assert len(ids) == 10


@pytest.mark.parametrize("body", [b"1", b'{"query": "{"}', b'{"query": "{ nonsense }"}'])
def test_refusals_have_one_too(reading: Api, body: bytes) -> None:
    assert reading.post(body).headers["x-request-id"] == line(reading)["request_id"]


# ---------------------------------------------------------------- log


def test_the_line_tells_what_was_done_and_what_it_cost(reading: Api) -> None:
    response = reading.post({"query": "query Everybody { actors { totalCount } }"})
    logged = line(reading)
    assert logged["operation"] == "Everybody"
    assert logged["type"] == "query"
    assert logged["outcome"] == "ok"
    assert logged["status"] == 200
    assert logged["statements"] == 1
    assert 0 < logged["ms"] < 60_000
    assert logged["bytes"] == len(response.content)


def test_the_line_tells_what_went_wrong(reading: Api) -> None:
    reading.run("query Odd { actors(first: 0) { totalCount } }")
    assert (line(reading)["operation"], line(reading)["outcome"]) == ("Odd", "BAD_USER_INPUT")
    reading.run("{ nonsense }")
    assert line(reading)["outcome"] == "GRAPHQL_VALIDATION_FAILED"
    reading.post(b"1")
    assert (line(reading)["outcome"], line(reading)["status"]) == ("BAD_REQUEST", 400)
    reading.post({"query": "{ __typename }"}, authorization="Bearer nonsense")
    assert (line(reading)["outcome"], line(reading)["status"]) == ("UNAUTHENTICATED", 401)


def test_the_look_up_of_a_token_is_not_counted(reading: Api) -> None:
    reading.post({"query": "{ actors { totalCount } }"}, as_="anna")
    assert line(reading)["statements"] == 1


def test_a_long_name_is_cut(reading: Api) -> None:
    name = "x" * 100_000
    assert reading.run(f"query {name} {{ __typename }}") == {"data": {"__typename": "Query"}}
    assert len(line(reading)["operation"]) < 1_000


def test_no_line_holds_a_token_or_what_was_sent(api: Api) -> None:
    """Neither for a successful mutation nor for a refused one."""
    sent = {"text": "A secret sentence."}
    answers = [
        api.run(CREATE, sent, as_="karl"),
        api.run(CREATE, sent, as_="anna"),
        api.run(CREATE, sent),
        api.run(CREATE, {"text": ["A secret sentence."]}, as_="karl"),
        api.run(CREATE.replace("title", "secret"), sent, as_="karl"),
        api.run('{ documents(filter: { text: "secret" }) { edges { node { text } } } }', as_="karl"),
    ]
    assert answers[0]["data"]["createDocument"]["errors"] == []
    assert answers[-1]["data"]["documents"]["edges"]
    for query, variables, as_ in ((CREATE, sent, "karl"), (CREATE, sent, "anna"), ("{ secret }", {}, "karl")):
        api.run(query, variables, as_)
        written = repr(api.log)
        assert "secret" not in written
        assert api.tokens[as_] not in written
        assert "Bearer" not in written


@pytest.fixture
def written(serve: Callable[..., Api], capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Return the stderr of a server for one operation, in a log format."""

    def write(query: str, **settings: str) -> str:
        api = serve(**settings)
        capsys.readouterr()
        headers = {"authorization": f"Bearer {api.tokens['karl']}"}
        api.client.post("/graphql", json={"query": query, "variables": {"text": "A secret sentence."}}, headers=headers)
        text = capsys.readouterr().err
        assert api.tokens["karl"] not in text
        assert "secret" not in text
        return text

    return write


def test_a_line_may_be_json(written: Callable[..., str]) -> None:
    """Each line is a JSON object with time and level."""
    (text,) = written(CREATE, log_format="json").splitlines()
    logged = json.loads(text)
    assert logged["event"] == "operation"
    assert logged["operation"] == "Keep"
    assert logged["level"] == "info"
    assert logged["timestamp"].endswith("Z")


def test_a_line_may_be_for_people(written: Callable[..., str]) -> None:
    (text,) = written(CREATE, log_format="console").splitlines()
    assert "operation=Keep" in text
    assert "outcome=ok" in text


def test_the_level_is_a_setting(written: Callable[..., str]) -> None:
    assert written(CREATE, log_level="warning") == ""


# ---------------------------------------------------------------- browsers


def test_a_browser_that_opens_the_address_gets_a_page(reading: Api) -> None:
    response = reading.client.get("/graphql", headers={"accept": BROWSER})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert "accept" in response.headers["vary"].lower()


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/graphql-response+json"])
def test_a_program_gets_json(reading: Api, accept: str) -> None:
    response = reading.client.get("/graphql", headers={"accept": accept}, params={"query": "{ __typename }"})
    assert response.json() == {"data": {"__typename": "Query"}}


def test_a_link_with_an_operation_opens_the_page_and_executes_nothing(reading: Api) -> None:
    """The page reads the operation from the URL and sends it when the user runs it."""
    with capture_logs() as log:
        response = reading.client.get("/graphql", headers={"accept": BROWSER}, params={"query": "{ __typename }"})
    assert response.headers["content-type"].startswith("text/html")
    assert [entry for entry in log if entry["event"] == "operation"] == []


def test_a_post_is_answered_whatever_is_accepted(reading: Api) -> None:
    assert reading.post({"query": "{ __typename }"}, accept=BROWSER).json() == {"data": {"__typename": "Query"}}


def test_the_page_may_be_turned_off(serve: Callable[..., Api]) -> None:
    response = serve(graphiql="false").client.get("/graphql", headers={"accept": BROWSER})
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


def test_the_root_leads_to_the_page(reading: Api) -> None:
    response = reading.client.get("/", headers={"accept": BROWSER})
    assert response.url.path == "/graphql"
    assert response.headers["content-type"].startswith("text/html")


# ---------------------------------------------------------------- pages of other sites


def preflight(api: Api, origin: str, method: str = "POST", headers: str = "authorization,content-type") -> Any:
    """Send the preflight request of a browser for a page of `origin`."""
    asked = {"origin": origin, "access-control-request-method": method, "access-control-request-headers": headers}
    return api.client.options("/graphql", headers=asked)


def test_without_origins_no_page_may_call(reading: Api) -> None:
    assert "access-control-allow-origin" not in preflight(reading, PAGE).headers
    assert "access-control-allow-origin" not in reading.post({"query": "{ __typename }"}, origin=PAGE).headers


def test_pages_of_the_origins_may_call(serve: Callable[..., Api]) -> None:
    api = serve(cors_origins=f"{PAGE}, http://localhost:5173")
    for origin in (PAGE, "http://localhost:5173"):
        asked = preflight(api, origin, headers="authorization,content-type,x-request-id")
        assert asked.status_code == 200
        assert asked.headers["access-control-allow-origin"] == origin
        allowed = asked.headers["access-control-allow-headers"].lower()
        assert all(name in allowed for name in ("authorization", "content-type", "x-request-id"))
        assert int(asked.headers["access-control-max-age"]) > 0
        response = api.post({"query": "{ __typename }"}, origin=origin)
        assert response.headers["access-control-allow-origin"] == origin
        assert "x-request-id" in response.headers["access-control-expose-headers"].lower()
        assert "origin" in response.headers["vary"].lower()


@pytest.mark.parametrize(
    "origin", ["https://evil.example.org", "null", f"{PAGE}.evil.example", "http://app.example.org"]
)
def test_pages_of_others_may_not(serve: Callable[..., Api], origin: str) -> None:
    api = serve(cors_origins=PAGE)
    assert preflight(api, origin).status_code == 400
    assert "access-control-allow-origin" not in api.post({"query": "{ __typename }"}, origin=origin).headers
    assert preflight(api, PAGE, method="DELETE").status_code == 400


def test_refusals_can_be_read_by_the_page(serve: Callable[..., Api]) -> None:
    """Without CORS headers on errors, the browser would report a network error to the page."""
    api = serve(cors_origins=PAGE)
    responses = [api.post(b"1", origin=PAGE), api.post({"query": "{"}, origin=PAGE)]
    responses.append(api.post({"query": "{ __typename }"}, origin=PAGE, authorization="Bearer nonsense"))
    assert [response.status_code for response in responses] == [400, 200, 401]
    assert {response.headers["access-control-allow-origin"] for response in responses} == {PAGE}


SENT_BY_CLIENTS = (
    "apollo-require-preflight,apollographql-client-name,apollographql-client-version,authorization,baggage,"
    "content-encoding,content-type,if-none-match,last-event-id,sentry-trace,traceparent,tracestate,"
    "x-request-id,x-requested-with,x-stancegraph-position"
)
READ_BY_CLIENTS = {"content-disposition", "etag", "retry-after", "x-request-id", "x-stancegraph-position"}


def test_pages_may_send_and_read_what_clients_and_monitoring_use(serve: Callable[..., Api]) -> None:
    api = serve(cors_origins=PAGE)
    assert preflight(api, PAGE, headers=SENT_BY_CLIENTS).status_code == 200
    assert preflight(api, PAGE, headers="x-tenant").status_code == 400
    response = api.client.get("/graphql", params={"query": "{ __typename }"}, headers={"origin": PAGE})
    assert set(response.headers["access-control-expose-headers"].lower().split(", ")) == READ_BY_CLIENTS
    assert response.headers["etag"]


def test_more_headers_by_a_setting(serve: Callable[..., Api]) -> None:
    api = serve(cors_origins=PAGE, cors_allow_headers="X-Tenant, x-csrf", cors_expose_headers="x-cache")
    assert preflight(api, PAGE, headers=f"x-csrf,x-tenant,{SENT_BY_CLIENTS}").status_code == 200
    exposed = api.post({"query": "{ __typename }"}, origin=PAGE).headers["access-control-expose-headers"]
    assert set(exposed.lower().split(", ")) == {*READ_BY_CLIENTS, "x-cache"}
    for wrong in ("x y", "a:b", "é"):
        with pytest.raises(ConfigurationError, match="STANCEGRAPH_CORS_ALLOW_HEADERS"):
            serve(cors_origins=PAGE, cors_allow_headers=wrong)


def test_all_origins_may_be_let_in_without_their_cookies(serve: Callable[..., Api]) -> None:
    api = serve(cors_origins="*")
    response = api.post({"query": "{ __typename }"}, origin="https://anywhere.example")
    assert response.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in response.headers
