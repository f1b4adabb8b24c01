"""Settings: read once from the environment, checked, and told apart when they are wrong."""

import datetime as dt
import difflib
import os
import re
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from api import limits
from api.errors import ConfigurationError

PREFIX = "STANCEGRAPH_"
_FOR_TESTS = PREFIX + "TEST_"
_HOST = re.compile(r"[\w-]+(\.[\w-]+)*|\[?[0-9a-fA-F]*:[0-9a-fA-F:.]*\]?", re.ASCII)


class Settings(BaseSettings):
    """Everything an operator can set. Each field is the variable `STANCEGRAPH_` + its name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    database_url: str = Field("sqlite:///var/stancegraph.db", description="`sqlite:///PATH` or `postgresql://…`.")
    read_database_url: str | None = Field(
        None, description="A streaming replica of the database, to read from: `postgresql://…`."
    )
    read_max_lag_seconds: int = Field(
        10, ge=1, le=3_600, description="How many seconds the replica may be behind and still be read from."
    )
    host: str = Field("127.0.0.1", min_length=1, description="The address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="The port to listen on.")
    workers: int = Field(1, ge=1, le=64, description="Server processes, where `serve --workers` names no number.")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Names by which clients may reach the server, by commas; `*.example.org` and `*` are patterns."
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Origins of browsers' pages that may call the API, by commas; `*` for all."
    )
    cors_allow_headers: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="More request headers that such pages may send, by commas; `*` for all."
    )
    cors_expose_headers: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="More response headers that such pages may read, by commas."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="How much is logged.")
    log_format: Literal["console", "json"] = Field("console", description="One line for people, or one JSON object.")
    graphiql: bool = Field(True, description="Whether browsers get GraphiQL at `/graphql`.")
    read_pool_size: int = Field(8, ge=1, le=200, description="Connections that read, per process.")
    write_pool_size: int = Field(4, ge=1, le=200, description="Connections that write, per process (Postgres).")
    statement_timeout_ms: int = Field(
        10_000, ge=10, description="After how many milliseconds a statement is cancelled."
    )
    max_body_bytes: int = Field(1_048_576, ge=1024, description="The largest request body, in bytes, inflated.")
    max_header_bytes: int = Field(65_536, ge=1024, description="The largest headers of a request, in bytes together.")
    max_url_bytes: int = Field(65_536, ge=1024, description="The longest address of a request, in bytes.")
    max_connections: int = Field(2_000, ge=1, description="The most open connections of clients, per process.")
    header_timeout_seconds: int = Field(
        10, ge=1, le=600, description="How many seconds a client may take to send a request up to its body."
    )
    body_timeout_seconds: int = Field(
        60,
        ge=1,
        le=3_600,
        description="How many seconds a client may take to send a body, or to read nothing of its answer.",
    )
    shutdown_seconds: int = Field(
        10, ge=1, le=600, description="How many seconds requests may take to end when the server is told to."
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Addresses or networks of proxies whose `X-Forwarded-For` is believed, by commas."
    )
    max_tokens: int = Field(5_000, ge=100, description="The most lexical tokens in a GraphQL document.")
    max_depth: int = Field(20, ge=3, description="The deepest nesting of fields.")
    max_aliases: int = Field(100, ge=0, description="The most aliases in a document.")
    max_fragments: int = Field(100, ge=0, description="The most fragment definitions and spreads in a document.")
    max_directives: int = Field(100, ge=0, description="The most directives in a document.")
    max_fields: int = Field(2_000, ge=10, description="The most fields of an operation, its fragments written out.")
    max_plan_cost: int = Field(
        5_000, ge=100, description="The most that planning a document may cost: 1 for a field, 20 for a list."
    )
    max_nodes: int = Field(100_000, ge=100, description="The most nodes an operation's nested pages may ask for.")
    max_subscribers: int = Field(1_000, ge=1, description="The most open WebSockets and event streams, per process.")
    max_subscribers_per_address: int = Field(200, ge=1, description="The most of them from one address.")
    max_subscribers_per_token: int = Field(50, ge=1, description="The most of them with one token.")
    max_anonymous_subscribers: int = Field(20, ge=1, description="The most of them without a token from one address.")
    max_subscriptions: int = Field(100, ge=1, description="The most operations at once over one WebSocket.")
    max_anonymous_subscriptions: int = Field(20, ge=1, description="The most of them without a token.")
    max_downloads: int = Field(4, ge=1, le=200, description="The most downloads at once, per process.")
    max_downloads_per_client: int = Field(
        2, ge=1, le=200, description="The most of them with one token, or without one from one address."
    )
    client_patience_seconds: int = Field(
        10, ge=1, le=600, description="How many seconds a client may take to say who it is, or to take what it is sent."
    )
    max_actor_aliases: int = Field(
        limits.ALIASES.maximum, ge=1, le=10_000, description="The most aliases that an actor may be given."
    )
    max_filter_values: int = Field(
        limits.FILTER_VALUES.maximum,
        ge=1,
        le=100_000,
        description="The maximum number of values in a list within a filter.",
    )
    lease_minutes: float = Field(
        30, gt=0, le=10_080, description="For how many minutes an annotator has a statement before it goes back."
    )
    plan_cache_size: int = Field(500, ge=1, description="How many documents and plans are kept ready, each.")

    @property
    def lease(self) -> dt.timedelta:
        """How long an annotator has a statement."""
        return dt.timedelta(minutes=self.lease_minutes)

    @property
    def sqlite_path(self) -> Path | None:
        """The file of a SQLite database; None for Postgres."""
        scheme, _, path = self.database_url.partition(":///")
        return Path(path.partition("?")[0]) if scheme == "sqlite" else None

    @property
    def shown_database(self) -> str:
        """The URL of the database for people: a file with its whole path, a server without passwords."""
        if self.sqlite_path is not None:
            return f"sqlite:///{self.sqlite_path.absolute()}"
        parts = urlsplit(self.database_url)
        user, has_password = (parts.username or ""), parts.password is not None
        host = parts.netloc.rpartition("@")[2]
        netloc = f"{user}{':***' * has_password}@{host}" if user or has_password else host
        values = [(name, "***" if "password" in name else value) for name, value in parse_qsl(parts.query)]
        query = urlencode(values, safe="/*:")
        return f"{parts.scheme}://{netloc}{parts.path}{'?' * bool(query)}{query}"

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator(
        "allowed_hosts", "cors_origins", "cors_allow_headers", "cors_expose_headers", "trusted_proxies", mode="before"
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            parts = urlsplit(origin)
            if origin != "*" and (parts.scheme not in ("http", "https") or not parts.netloc or parts.path):
                raise ValueError(f"{origin!r} is not an origin such as https://app.example.org")
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _are_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if host != "*" and not _HOST.fullmatch(host.removeprefix("*.")):
                raise ValueError(f"{host!r} is not a name or address such as api.example.org, without scheme and port")
        return tuple(host.lower().strip("[]") for host in value)

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            try:
                ip_network(network)
            except ValueError:
                raise ValueError(f"{network!r} is not an address or network such as 10.0.0.0/8") from None
        return value

    @field_validator("cors_allow_headers", "cors_expose_headers")
    @classmethod
    def _are_header_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name):
                raise ValueError(f"{name!r} is not the name of a header such as x-requested-with")
        return value

    @field_validator("database_url")
    @classmethod
    def _is_supported(cls, value: str) -> str:
        scheme, _, rest = value.partition("://")
        if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1 and rest != "/:memory:":
            return value
        if _is_postgres(value):
            return value
        raise ValueError("must be sqlite:///PATH (a file) or postgresql://USER:PASSWORD@HOST/DATABASE")

    @field_validator("read_database_url", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return value or None

    @field_validator("read_database_url")
    @classmethod
    def _is_a_replica(cls, value: str | None, given: ValidationInfo) -> str | None:
        primary = given.data.get("database_url")  # not there where it is wrong itself
        if value is None:
            return None
        if not _is_postgres(value):
            raise ValueError("must be postgresql://USER:PASSWORD@HOST/DATABASE")
        if "," in urlsplit(value).netloc:
            raise ValueError("must name one server: how far several have followed cannot be known")
        if primary is not None and not _is_postgres(primary):
            raise ValueError(f"only a Postgres has replicas, and {variable('database_url')} is none")
        if value == primary:
            raise ValueError(f"must be another server than {variable('database_url')}")
        return value


def _is_postgres(url: str) -> bool:
    scheme, _, rest = url.partition("://")
    return scheme in ("postgresql", "postgres") and rest != "" and _has_readable_parts(url)


def _has_readable_parts(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:  # which may quote a part of the password, where a sign in it is not written as %2F or the like
        return False


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings that `environment` (the process's own where left out) asks for.

    :raises ConfigurationError: with one line for each variable that is wrong or unknown.
    """
    given = {k: v for k, v in (os.environ if environment is None else environment).items() if k.startswith(PREFIX)}
    values = {k.removeprefix(PREFIX).lower(): v for k, v in given.items() if not k.startswith(_FOR_TESTS)}
    lines = [_unknown(name) for name in values if name not in Settings.model_fields]
    try:
        settings = _Given.model_validate({k: v for k, v in values.items() if k in Settings.model_fields})
    except ValidationError as error:
        lines += [_told(e, values) for e in error.errors()]
    if lines:
        raise ConfigurationError("\n".join(lines))
    return settings


class _Given(Settings):
    """Settings from the mapping alone, so that nothing is read behind `load`'s back."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 (named by pydantic)
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load` hands over."""
        return (init_settings,)


def variable(name: str) -> str:
    """The environment variable of the setting `name`."""
    return PREFIX + name.upper()


def _unknown(name: str) -> str:
    close = difflib.get_close_matches(name, Settings.model_fields, n=1)
    hint = f"; did you mean {variable(close[0])}?" if close else ""
    return f"{variable(name)}: there is no such setting{hint}"


def _told(error: Any, values: Mapping[str, str]) -> str:
    name = str(error["loc"][0])
    reason = error["msg"].removeprefix("Value error, ")
    # A database URL holds a password: say what is wrong without showing it.
    shown = "" if name.endswith("database_url") else f"{values.get(name)!r}: "
    return f"{variable(name)}: {shown}{reason}"
