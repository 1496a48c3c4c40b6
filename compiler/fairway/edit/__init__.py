"""Editing YAML so that every byte outside the edit survives, and applying what fixes say.

An edit is a splice of the text: a range is replaced, and what stands before and after it stays.
Its result is read again by the engine's own reader before anybody gets it, so an edit says
exactly what was intended, or it is refused.
"""
