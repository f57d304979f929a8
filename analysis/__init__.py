"""Frames in, frames out: no web, no database, no drawing, no clock, no global randomness."""
