"""The week from closing to the meeting, run beforehand on the sample or on last year's extract."""
