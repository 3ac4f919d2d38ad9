"""The one driver of a batch: it alone submits and polls, and alone writes the manifest."""
