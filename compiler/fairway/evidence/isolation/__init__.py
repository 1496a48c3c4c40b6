"""Isolation: running a model's code in a process of its own, with limits and without a network."""
