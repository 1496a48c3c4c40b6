"""Scaffolds: the files that ``init`` and ``new`` write, kept as the files they become."""
