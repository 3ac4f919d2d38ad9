"""What came of each input, as a file."""
