"""What people see of runs and files: bars, and notebooks."""
