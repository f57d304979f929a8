"""Recompute what is published and say, file by file, whether it holds."""
