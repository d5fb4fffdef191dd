"""What `khaossync check` finds: each system by itself, and the configuration against all of them together."""
