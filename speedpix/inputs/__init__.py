"""A caller's input: what is in it, and which files."""
