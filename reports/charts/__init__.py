"""Figures as SVG text: same numbers, same bytes."""
