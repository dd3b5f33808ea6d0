"""Syntax errors in the reader's words; one file for each part of a spec."""
