"""Stock at size: what a large catalogue costs when little of it changes."""
