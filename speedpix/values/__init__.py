"""What users hold: runs, progress, outputs and files."""
