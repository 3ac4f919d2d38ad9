"""The runs that were submitted, remembered: in memory, or in a file."""
