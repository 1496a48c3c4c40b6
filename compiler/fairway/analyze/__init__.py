"""The results of releases that are experiments: A/B tests from counts, shadows from pairs."""
