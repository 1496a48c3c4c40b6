"""Fairway compiles declarative model deployments into everything that runs them."""
