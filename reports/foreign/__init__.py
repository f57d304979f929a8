"""Tables that others made: read, checked and turned into an extract."""
