"""The conventional stack: Strawberry resolvers, DataLoaders and the ORM, served by Strawberry's own view.

Written as its documentation shows it, with no more fields than the operations use.
"""
