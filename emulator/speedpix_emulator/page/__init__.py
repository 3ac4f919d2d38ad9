"""A page to look at: what the emulator does, live in a browser on the same machine."""
