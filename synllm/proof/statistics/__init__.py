"""Declared figures against the rules: each alone, and all of one source together.

Import from the modules; `check.py` is the entrance. scipy is loaded only by `programme.py`, and
only where figures bear on one another.
"""
