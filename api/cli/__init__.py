"""The `stancegraph` command, one module for each command or group (ADR 0028: imports on first use)."""
