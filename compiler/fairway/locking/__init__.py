"""Locking: versions fetched, verified, scanned and compared, and their locks written."""
