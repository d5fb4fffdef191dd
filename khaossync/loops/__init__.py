"""What runs: one runner, and the turns it takes (pull, push, listen, tidy)."""
