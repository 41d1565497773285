"""Measurements of quality and speed; run by hand or by `make eval` and `make bench`."""
