"""Effects performed: over HTTP, blocking and with `await`."""
