"""The outbox beside other queues in PostgreSQL: taking in, working off, waking up, and what a message costs."""
