"""Files on their way to the service and home: what may be repeated, here or by an engine."""
