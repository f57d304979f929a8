"""One blueprint per audience: parse, one call, reply."""
