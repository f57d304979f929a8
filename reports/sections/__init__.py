"""The parts of the bulletin, each built from the same material."""
