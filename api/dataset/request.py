"""The request that the computation of a field gets, with the datasets that it reads from."""

from typing import TypeAlias

from api.dataset.datasets import Datasets
from api.graphql import computation

ComputeRequest: TypeAlias = computation.ComputeRequest[Datasets]
"""What to compute, for which rows and viewer, and the `Datasets` to compute it from."""
