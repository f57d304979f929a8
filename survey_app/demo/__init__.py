"""The labelled sample: invented institutions whose people use the running site over HTTP."""
