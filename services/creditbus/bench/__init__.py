"""The measurements: how fast the bus is, and how soon a removal reaches those who must act."""
