"""The queues that khaossync's is measured beside; each runs in an environment of its own."""
