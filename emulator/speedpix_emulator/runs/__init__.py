"""Workflows, and what becomes of their runs."""
