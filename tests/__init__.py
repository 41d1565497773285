"""Tests mirror the four packages; `journeys` are whole stories over HTTP."""
