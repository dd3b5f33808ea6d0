"""A spec's examples as tests: run, shown, written and added to the file."""
