"""What is true: the packs, their checks, and what is computed from them."""
