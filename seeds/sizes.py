"""How much data to generate. It is apart from the generator, since `generate --help` shows it (ADR 0028)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """How many of each; `seed` decides everything else."""

    actors: int = 2_000
    relations: int = 20_000
    documents: int = 20_000
    statements: int = 200_000
    stances: int = 1_000_000
    seed: int = 7
