"""Continuous batching: sequences in a context, what each decode holds, what comes of it."""
