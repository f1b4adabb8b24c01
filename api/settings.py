"""Settings: read once from the environment, validated, with one error line per wrong variable."""

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
    """All settings. The environment variable of a field is `STANCEGRAPH_` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    database_url: str = Field(
        "sqlite:///var/stancegraph.db", description="URL of the database: `sqlite:///PATH` or `postgresql://…`."
    )
    read_database_url: str | None = Field(
        None, description="URL of a streaming replica to read from: `postgresql://…`."
    )
    read_max_lag_seconds: int = Field(
        10, ge=1, le=3_600, description="Maximum lag in seconds at which the replica is read from."
    )
    host: str = Field("127.0.0.1", min_length=1, description="Address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on.")
    workers: int = Field(1, ge=1, le=64, description="Number of server processes; `serve --workers` overrides it.")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Host names that clients may use, separated by commas; `*.example.org` and `*` are patterns.",
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Origins of web pages that may call the API, separated by commas; `*` for all."
    )
    cors_allow_headers: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Further request headers that such pages may send, separated by commas; `*` for all."
    )
    cors_expose_headers: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Further response headers that such pages may read, separated by commas."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Minimum level of logged events."
    )
    log_format: Literal["console", "json"] = Field(
        "console", description="Format of a logged event: a line of text or a JSON object."
    )
    graphiql: bool = Field(True, description="True to serve GraphiQL to browsers at `/graphql`.")
    read_pool_size: int = Field(8, ge=1, le=200, description="Maximum number of connections that read, per process.")
    write_pool_size: int = Field(
        4, ge=1, le=200, description="Maximum number of connections that write, per process (Postgres)."
    )
    statement_timeout_ms: int = Field(10_000, ge=10, description="Timeout of an SQL statement in milliseconds.")
    max_body_bytes: int = Field(
        1_048_576, ge=1024, description="Maximum size of a request body in bytes, after decompression."
    )
    max_header_bytes: int = Field(
        65_536, ge=1024, description="Maximum size of the headers of a request in bytes, in total."
    )
    max_url_bytes: int = Field(65_536, ge=1024, description="Maximum length of a request's URL in bytes.")
    max_connections: int = Field(2_000, ge=1, description="Maximum number of open client connections, per process.")
    header_timeout_seconds: int = Field(
        10, ge=1, le=600, description="Timeout in seconds for a client to send the head of a request."
    )
    body_timeout_seconds: int = Field(
        60,
        ge=1,
        le=3_600,
        description="Timeout in seconds for a client to send a body, or to read on in a response.",
    )
    shutdown_seconds: int = Field(
        10, ge=1, le=600, description="Time in seconds that requests have to end when the server shuts down."
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Addresses or networks of proxies whose `X-Forwarded-For` is trusted, separated by commas."
    )
    max_tokens: int = Field(5_000, ge=100, description="Maximum number of lexical tokens in a GraphQL document.")
    max_depth: int = Field(20, ge=3, description="Maximum nesting depth of fields.")
    max_aliases: int = Field(100, ge=0, description="Maximum number of aliases in a document.")
    max_fragments: int = Field(
        100, ge=0, description="Maximum number of fragment definitions and spreads in a document."
    )
    max_directives: int = Field(100, ge=0, description="Maximum number of directives in a document.")
    max_fields: int = Field(
        2_000, ge=10, description="Maximum number of fields of an operation, with fragments expanded."
    )
    max_plan_cost: int = Field(
        5_000, ge=100, description="Maximum planning cost of a document: 1 for each field, 20 for each list."
    )
    max_nodes: int = Field(
        100_000, ge=100, description="Maximum number of nodes that the nested pages of an operation may request."
    )
    max_subscribers: int = Field(
        1_000, ge=1, description="Maximum number of open WebSockets and event streams, per process."
    )
    max_subscribers_per_address: int = Field(
        200,
        ge=1,
        description="Maximum number of open WebSockets and event streams from one address (IPv6: one /64 network).",
    )
    max_subscribers_per_token: int = Field(
        50, ge=1, description="Maximum number of open WebSockets and event streams with one token."
    )
    max_anonymous_subscribers: int = Field(
        20, ge=1, description="Maximum number of open WebSockets and event streams without a token from one address."
    )
    max_subscriptions: int = Field(100, ge=1, description="Maximum number of concurrent operations over one WebSocket.")
    max_anonymous_subscriptions: int = Field(
        20, ge=1, description="Maximum number of concurrent operations over one WebSocket without a token."
    )
    max_downloads: int = Field(
        4,
        ge=1,
        le=200,
        description="Maximum number of concurrent downloads, per process; each holds a database connection.",
    )
    max_downloads_per_client: int = Field(
        2,
        ge=1,
        le=200,
        description="Maximum number of concurrent downloads with one token, or without a token from one address.",
    )
    client_patience_seconds: int = Field(
        10,
        ge=1,
        le=600,
        description="Timeout in seconds for a client to authenticate over WebSocket, or to receive a message.",
    )
    max_actor_aliases: int = Field(
        limits.ALIASES.maximum, ge=1, le=10_000, description="Maximum number of aliases of an actor."
    )
    max_filter_values: int = Field(
        limits.FILTER_VALUES.maximum,
        ge=1,
        le=100_000,
        description="Maximum number of values in a list within a filter.",
    )
    lease_minutes: float = Field(
        30, gt=0, le=10_080, description="Duration of an annotator's lease on a statement in minutes."
    )
    plan_cache_size: int = Field(500, ge=1, description="Maximum number of cached documents, and of cached plans.")

    @property
    def lease(self) -> dt.timedelta:
        """Duration of a lease."""
        return dt.timedelta(minutes=self.lease_minutes)

    @property
    def sqlite_path(self) -> Path | None:
        """Path of the SQLite database; None for Postgres."""
        scheme, _, path = self.database_url.partition(":///")
        return Path(path.partition("?")[0]) if scheme == "sqlite" else None

    @property
    def display_url(self) -> str:
        """URL of the database for messages: with the absolute path of a file, without passwords."""
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
    def _check_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            parts = urlsplit(origin)
            if origin != "*" and (parts.scheme not in ("http", "https") or not parts.netloc or parts.path):
                raise ValueError(f"{origin!r} is not an origin such as https://app.example.org")
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _check_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if host != "*" and not _HOST.fullmatch(host.removeprefix("*.")):
                raise ValueError(f"{host!r} is not a name or address such as api.example.org, without scheme and port")
        return tuple(host.lower().strip("[]") for host in value)

    @field_validator("trusted_proxies")
    @classmethod
    def _check_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
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
    def _check_database_url(cls, value: str) -> str:
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
    def _check_replica(cls, value: str | None, validated: ValidationInfo) -> str | None:
        primary = validated.data.get("database_url")  # missing if it is invalid itself
        if value is None:
            return None
        if not _is_postgres(value):
            raise ValueError("must be postgresql://USER:PASSWORD@HOST/DATABASE")
        if "," in urlsplit(value).netloc:
            raise ValueError("must name one server: the lag of several cannot be known")
        if primary is not None and not _is_postgres(primary):
            raise ValueError(f"only Postgres has replicas, and {variable('database_url')} is no Postgres")
        if value == primary:
            raise ValueError(f"must be another server than {variable('database_url')}")
        return value


def _is_postgres(url: str) -> bool:
    scheme, _, rest = url.partition("://")
    return scheme in ("postgresql", "postgres") and rest != "" and _has_readable_parts(url)


def _has_readable_parts(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:  # its message may quote a part of a password with unescaped characters
        return False


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings in `environment`, by default that of the process.

    :raises ConfigurationError: with one line for each variable that is invalid or unknown.
    """
    variables = {k: v for k, v in (os.environ if environment is None else environment).items() if k.startswith(PREFIX)}
    values = {k.removeprefix(PREFIX).lower(): v for k, v in variables.items() if not k.startswith(_FOR_TESTS)}
    lines = [_unknown(name) for name in values if name not in Settings.model_fields]
    try:
        settings = _ExplicitSettings.model_validate({k: v for k, v in values.items() if k in Settings.model_fields})
    except ValidationError as error:
        lines += [_describe(e, values) for e in error.errors()]
    if lines:
        raise ConfigurationError("\n".join(lines))
    return settings


class _ExplicitSettings(Settings):
    """Settings from the arguments of `load` alone, not from the environment or files."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 (named by pydantic)
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the source of the arguments alone."""
        return (init_settings,)


def variable(name: str) -> str:
    """Return the environment variable of the setting `name`."""
    return PREFIX + name.upper()


def _unknown(name: str) -> str:
    close = difflib.get_close_matches(name, Settings.model_fields, n=1)
    hint = f"; did you mean {variable(close[0])}?" if close else ""
    return f"{variable(name)}: unknown setting{hint}"


def _describe(error: Any, values: Mapping[str, str]) -> str:
    name = str(error["loc"][0])
    reason = error["msg"].removeprefix("Value error, ")
    # A database URL may contain a password: do not quote it.
    quoted = "" if name.endswith("database_url") else f"{values.get(name)!r}: "
    return f"{variable(name)}: {quoted}{reason}"
