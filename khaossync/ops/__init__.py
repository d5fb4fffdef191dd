"""What tells a person: logs, metrics, health and the small server that shows them."""
