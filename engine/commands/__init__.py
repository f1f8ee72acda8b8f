"""The commands of the `rimlight` command line, one file each."""
