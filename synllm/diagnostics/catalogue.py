"""Every finding's name and severity; each has its page in docs/findings."""

FINDINGS: dict[str, str] = {}
