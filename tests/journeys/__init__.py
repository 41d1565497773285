"""Whole stories over the wire: the shipped program as a process, against the fake Bot API."""
