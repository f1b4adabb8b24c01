"""What is computed of stored rows: read under the caller's sight, handed to analysis, kept until the data change."""
