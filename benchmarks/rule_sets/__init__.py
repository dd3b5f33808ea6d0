"""Rule sets as large as one likes, drawn with a fixed seed, whose findings are known beforehand."""
