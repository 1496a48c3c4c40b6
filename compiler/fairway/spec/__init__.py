"""The language: the typed deployment spec and project file, bound from merged documents."""
