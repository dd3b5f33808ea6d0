"""What a spec says about its table as a whole: its name, title, source and target."""

from __future__ import annotations

from synllm.diff.model import Detail
from synllm.spec.model import Spec


def compare_texts(old: Spec, new: Spec) -> tuple[Detail, ...]:
    """Return each text about the whole table that changed."""
    before, after = _texts(old), _texts(new)
    details = [
        Detail(what, before[what] or "none", after[what] or "none")
        for what in before
        if before[what] != after[what]
    ]
    shared = [name for name in old.by_name if name in new.by_name]
    if shared != [name for name in new.by_name if name in old.by_name]:
        order = (", ".join(spec.by_name) for spec in (old, new))
        details.append(Detail("order of columns", *order))
    before_examples, after_examples = _examples(old), _examples(new)
    gone = [each for each in before_examples if each not in after_examples]
    come = [each for each in after_examples if each not in before_examples]
    details += [Detail("example removed", each, None) for each in gone]
    details += [Detail("example added", None, each) for each in come]
    return tuple(details)


def _texts(spec: Spec) -> dict[str, str | None]:
    return {
        "name": spec.name,
        "title": spec.title or None,
        "source": spec.source_note,
        "target": spec.target,
    }


def _examples(spec: Spec) -> dict[str, None]:
    """Return the examples as written, on one line each."""
    return {" ".join(each.span.text.split()): None for each in spec.examples}
