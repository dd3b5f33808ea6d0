"""uncited-rule: where does this rule come from?"""

from __future__ import annotations

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.spec.model import Spec


def find_uncited_rules(spec: Spec) -> list[Diagnostic]:
    """Return a finding for each rule, hard or soft, that has no `cites`.

    It fires exactly where a rule names no source; nothing is asked about rows. A library's rule is
    reported once, however many columns it applies to.
    """
    uncited = {rule.name_span: rule for rule in spec.rules if not rule.cites}
    return [
        report(
            "uncited-rule",
            f"rule `{place.text.strip(chr(34))}` does not say where it comes from",
            place,
            "no `cites`",
            fix='name the source after the statement: cites "Guideline, year, page"',
        )
        for place in uncited
    ]
