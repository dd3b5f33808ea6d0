"""The model that ships with synllm: small, and trained to read specs, so that all runs offline."""
