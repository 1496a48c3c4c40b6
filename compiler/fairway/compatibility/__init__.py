"""Compatibility: what changed between two versions' contracts, and whom that breaks."""
