"""Words, rounding and drawing: results in, bulletin out."""
