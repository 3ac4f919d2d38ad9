"""Runs: submitted, followed to their end, and remembered."""
