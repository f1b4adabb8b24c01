"""The request to compute a field, with the datasets to compute it from."""

from typing import TypeAlias

from api.dataset.datasets import Datasets
from api.graphql import computation

ComputeRequest: TypeAlias = computation.ComputeRequest[Datasets]
"""Rows, arguments and viewer of a computed field, and the `Datasets` to compute it from."""
