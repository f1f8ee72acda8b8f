"""The graph of a script as an immutable value, and how it is edited."""
