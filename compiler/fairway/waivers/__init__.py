"""Waivers: findings that a team may leave as they are, for a reason and a time, and no longer."""
