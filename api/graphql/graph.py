"""The declared graph as the compiler takes it: entities with their parts, and the roots."""

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
        """Where its rows are."""
        table = self.model.__table__
        assert isinstance(table, Table)
        return table


@dataclass(frozen=True)
class Graph:
    """Everything that is compiled: the entities, and the roots of the query and of the subscription."""

    entities: Sequence[Entity]
    roots: Mapping[str, Part]
    streams: Mapping[str, Part] = field(default_factory=dict)
    plain: Mapping[str, Mapping[str, Part]] = field(default_factory=dict)
    """What stands behind fields of types that have no table, by the type's name."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_model", {entity.model: entity for entity in self.entities})
        object.__setattr__(self, "_by_name", {entity.name: entity for entity in self.entities})

    def of(self, model: Model) -> Entity:
        """The entity whose rows `model` maps."""
        found: Entity = self._by_model[model]  # type: ignore[attr-defined]
        return found

    def named(self, name: str) -> Entity:
        """The entity of that GraphQL type."""
        found: Entity = self._by_name[name]  # type: ignore[attr-defined]
        return found

    def parts(self, name: str) -> Mapping[str, Part]:
        """What stands behind the fields of that GraphQL type, where it is known."""
        entity: Entity | None = self._by_name.get(name)  # type: ignore[attr-defined]
        return self.plain.get(name, {}) if entity is None else entity.parts
