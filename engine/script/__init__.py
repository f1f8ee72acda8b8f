"""The script file, what it holds, and its past."""
