"""Rows on demand: diverse valid ones, ones at the boundaries of rules, ones that break one rule."""
