"""Everything in Python: bytes in at one edge (sources), bytes out at the other (destinations)."""
