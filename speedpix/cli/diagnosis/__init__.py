"""What `speedpix doctor` looks at."""
