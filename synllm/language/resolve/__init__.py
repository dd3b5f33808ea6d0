"""Syntax tree → Spec: names looked up, sorts and units checked, every mistake reported."""
