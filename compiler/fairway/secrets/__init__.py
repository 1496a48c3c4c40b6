"""Literal secrets in text: tokens of known shapes, and values of keys named like secrets."""
