"""The lock: what a version name stands for, as digests that are committed beside the spec."""

LOCK_NAME = "deployment.lock.json"
