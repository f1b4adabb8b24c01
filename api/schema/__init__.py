"""The graph: one file per noun, holding its type, its filter, its order and its root fields."""
