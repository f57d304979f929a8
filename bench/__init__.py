"""Timings against a named peer or a floor, in one run, as ratios; never part of the tests."""
