"""Files on their way: to the store, and from it."""
