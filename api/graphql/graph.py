"""The declared graph: the entities with the parts of their fields, and the root fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Table

from api.graphql.parts import Model, Part


@dataclass(frozen=True)
class Entity:
    """A type of the graph that has a table."""

    name: str
    model: Model
    parts: Mapping[str, Part]

    @property
    def table(self) -> Table:
        """The table of its rows."""
        table = self.model.__table__
        assert isinstance(table, Table)
        return table


@dataclass(frozen=True)
class Graph:
    """All declarations that the compiler reads: the entities, and the roots of the query and of the subscription."""

    entities: Sequence[Entity]
    roots: Mapping[str, Part]
    streams: Mapping[str, Part] = field(default_factory=dict)
    plain: Mapping[str, Mapping[str, Part]] = field(default_factory=dict)
    """The parts of the fields of types that have no table, by the name of the type."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_model", {entity.model: entity for entity in self.entities})
        object.__setattr__(self, "_by_name", {entity.name: entity for entity in self.entities})

    def of(self, model: Model) -> Entity:
        """Return the entity of a model."""
        found: Entity = self._by_model[model]  # type: ignore[attr-defined]
        return found

    def named(self, name: str) -> Entity:
        """Return the entity of a GraphQL type."""
        found: Entity = self._by_name[name]  # type: ignore[attr-defined]
        return found

    def parts(self, name: str) -> Mapping[str, Part]:
        """Return the parts of the fields of a GraphQL type; empty if none is declared."""
        entity: Entity | None = self._by_name.get(name)  # type: ignore[attr-defined]
        return self.plain.get(name, {}) if entity is None else entity.parts
