"""The record of a batch: one file, which outlives the process."""
