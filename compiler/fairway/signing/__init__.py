"""Signatures: who vouches for a model's files or for evidence about them, and how that is shown."""
