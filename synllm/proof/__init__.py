"""Proofs about a spec, and its rules checked on rows by Z3.

Import from the modules (`synllm.proof.check`, `synllm.proof.audit`): they load z3 on first use, so
that importing them stays light.
"""
