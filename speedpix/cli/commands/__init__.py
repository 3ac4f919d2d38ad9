"""The commands, one module for each that stands alone."""
