"""Two versions of a spec asked about the same rows.

Import from the modules; only those that ask questions load z3.
"""
