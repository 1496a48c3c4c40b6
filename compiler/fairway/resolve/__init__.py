"""Resolving: a version's URI becomes bytes on this machine, pinned by digest."""
