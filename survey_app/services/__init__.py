"""What the site does, as sentences: a session and plain values in, values out, never a commit."""
