"""Measurements that are too long for tests; they report and never judge."""
