"""A model tried out: does it load, how does it read and write, how well does it follow a spec."""
