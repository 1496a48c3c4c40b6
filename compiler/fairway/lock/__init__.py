"""The lock: what a version name stands for, as digests that are committed beside the spec."""

LOCK_NAME = "deployment.lock.json"

PROJECT_LOCK_NAME = "fairway.lock.json"
"""The lock of what the project's own file and all specs refer to, beside ``fairway.yaml``."""
