"""One HTTP request done right: paced, timed, measured, and its failure sorted by remedy."""
