"""Evidence: testing a model's versions, and checking committed results of such tests."""
