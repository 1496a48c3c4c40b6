"""Measuring: what needs numpy, pandas and scikit-learn; only ``fairway test`` imports it."""
