"""How the embedded model is trained: random tables without end, a network, its evaluation.

`python -m synllm.generate.embedded.recipe train|evaluate|export`; see docs/embedded-model.md.
"""
