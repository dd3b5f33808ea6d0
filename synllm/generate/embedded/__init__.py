"""The model that ships with synllm: small, untrained, there so that everything runs offline."""
