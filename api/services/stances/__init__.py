"""Records, revises and withdraws stances."""
