"""Simulators of every system, strict where the real thing is strict; they share no line with what they judge."""
