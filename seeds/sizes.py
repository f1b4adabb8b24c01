"""Sizes of a generated data set. A module of its own, since `generate --help` lists them without the ORM (ADR 0028)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Numbers of rows. `seed` determines everything else."""

    actors: int = 2_000
    relations: int = 20_000
    documents: int = 20_000
    statements: int = 200_000
    stances: int = 1_000_000
    seed: int = 7
