"""What ``fairway policy`` does: one module for each of its commands."""
