"""The script editor: Python on the session."""
