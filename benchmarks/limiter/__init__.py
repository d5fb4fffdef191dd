"""How much of what a shop grants is used, and how long a despatch waits, by three ways to keep within the limit."""
