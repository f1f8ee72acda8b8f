"""Settings of the user and of the script: preferences, shortcuts, the project."""
