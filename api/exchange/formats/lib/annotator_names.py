"""Maps the users of other tools to annotators: users are numbers, names, or objects with both (ADR 0019)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from api.exchange.format import Malformed, Option, Options

ANNOTATOR = Option("annotator", "The annotator of all stances; the file's users are ignored.")
ANNOTATOR_MAP = Option(
    "annotator-map",
    "USER=NAME, such as 3=anna: the annotator for a user of the file.",
    repeatable=True,
    only="import",
)


@dataclass(frozen=True, slots=True)
class AnnotatorNames:
    """Names of annotators for the users of a tool."""

    tool: str
    """The name of the tool: a user with the number 3 and no name is the annotator `TOOL 3`."""
    everybody: str | None = None
    """The annotator for all users, if the options name one."""
    mapped: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_options(cls, tool: str, options: Options) -> "AnnotatorNames":
        """Return the names that `--annotator` and `--annotator-map` define.

        :raises Malformed: if a mapping is not USER=NAME, or a user is mapped twice.
        """
        mapped: dict[str, str] = {}
        for line in options.get(ANNOTATOR_MAP.name, "").splitlines():
            user, equals, name = (part.strip() for part in line.partition("="))
            if not (user and equals and name):
                raise Malformed(f"--annotator-map must be USER=NAME, such as 3=anna, not {line[:60]!r}")
            if mapped.setdefault(user, name) != name:
                raise Malformed(f"--annotator-map maps {user[:60]!r} twice")
        return cls(tool, options.get(ANNOTATOR.name), mapped)

    def annotator(self, user: Any, unknown: str) -> str:
        """Return the annotator for a user; `unknown` if the file names no user."""
        if self.everybody:
            return self.everybody
        known = list(_names_of_user(user))
        mapped = (self.mapped[name] for name, _ in known if name in self.mapped)
        named = (f"{self.tool} {name}" if is_number else name for name, is_number in known)
        return next(mapped, None) or next(named, unknown)


def _names_of_user(user: Any) -> Iterator[tuple[str, bool]]:
    """Return the names of a user, best first, each with True if the name is a number."""
    several = [user.get(name) for name in ("email", "username", "id")] if isinstance(user, dict) else [user]
    for name in several:
        if type(name) is int:
            yield str(name), True
        elif isinstance(name, str) and name.strip():
            yield name.strip(), False
