"""A long time of full work, to see whether the tables stay flat."""
