"""`python -m synllm` is the `synllm` command."""

import sys

from synllm.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
