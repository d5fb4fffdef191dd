"""One folder per system that sells or markets; folders are found, never listed."""
