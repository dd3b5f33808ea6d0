"""What every test may use: the real tables, and Hypothesis' profiles."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

PROJECT = Path(__file__).resolve().parent.parent

# Several workers with several threads each wait for one another on few cores.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

# Programs that were begun with Ctrl-C ignored, as shells do in the background, hand that on.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("local", deadline=None, max_examples=70)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True, max_examples=70)
settings.register_profile("thorough", deadline=None, max_examples=5_000)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "local")
)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the real tables; a test that asks for it is skipped where it is absent."""
    default = PROJECT.parent / "shared" / "data"
    folder = Path(os.environ.get("SYNLLM_DATA") or default).resolve()
    if not folder.is_dir():
        pytest.skip(f"the real tables are not in {folder}; name their folder in SYNLLM_DATA")
    return folder
