"""The store's shape, step by step, from the first table."""
