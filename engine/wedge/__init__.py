"""Wedges: a node's picture at several values of some parameters, side by side on one sheet."""
