"""Generate a small table and audit it, all from Python.

    python examples/audit_a_table.py

Runs offline with the embedded model: its rows obey every rule and follow the declared figures.
"""

from __future__ import annotations

import synllm
from synllm.resources import specs_folder


def main() -> None:
    spec = synllm.load(specs_folder() / "stroke.synspec")

    findings = [each for each in spec.check() if each.severity != "note"]
    print(f"findings in the spec: {len(findings)}")

    table = spec.generate(rows=20, seed=7)
    print(table.head().to_string())

    report = spec.validate(table)
    for statement in report.statements:
        counts = statement.counts
        print(f"{statement.name}: {counts.holds} hold, {counts.violated} violated")
    assert report.clean


if __name__ == "__main__":
    main()
