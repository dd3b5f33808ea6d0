"""What can be found wrong with a rule set, one finding a file; `proof/check.py` lists them."""
