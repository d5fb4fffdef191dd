"""Alerts: what people must know of, told once to those whom it concerns, again when it lasts, and when it is over."""
