"""The arithmetic of releases: pure functions of numbers, each formula with its source."""
