"""Targets: folders of data that turn a plan into artifacts."""
