"""Simulating a release: the compiled plan against traffic and faults, many times over."""
