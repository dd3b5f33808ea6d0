"""The recipe learns from random tables alone: nothing is read while they are drawn and learned."""

from __future__ import annotations

import subprocess
import sys

WATCHED = """
import sys
import numpy as np
import torch
from synllm.generate.embedded.recipe.network import Shape
from synllm.generate.embedded.recipe.tokenizer import SIZE, train_tokenizer
from synllm.generate.embedded.recipe.training import (
    CONFIGURATIONS, begin_training, take_step,
)

opened = []
sys.addaudithook(lambda event, a: opened.append(str(a[0])) if event == "open" else None)
tokenizer = train_tokenizer()
training = begin_training(Shape(SIZE, layers=5), tokenizer)
for step in (0, 1_000, 10_000):
    training.step = step
    take_step(training, tokenizer, CONFIGURATIONS["cpu"], 1.0, torch.device("cpu"))
used = [name for name in opened if not name.endswith((".py", ".pyc", ".so"))]
print(*sorted(set(used)), sep="\\n")
"""


def test_the_word_list_is_all_that_is_read() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WATCHED], capture_output=True, text=True, check=True
    )

    read = [line for line in done.stdout.splitlines() if not line.startswith(("/proc/", "/sys/"))]
    assert [name.rpartition("/")[2] for name in read] == ["vocabulary.txt"]
