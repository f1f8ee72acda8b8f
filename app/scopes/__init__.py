"""Scopes: what the picture that is viewed is like, in numbers, with its light."""
