"""The command line, one file a group of commands; errors are one plain line on stderr."""
