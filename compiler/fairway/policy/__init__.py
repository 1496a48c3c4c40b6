"""Policies: rules as data, checked when they load, judged in bulk."""
