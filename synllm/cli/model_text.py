"""What is known or found out of models, for people and machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING

from synllm.diagnostics.json_text import write_json

if TYPE_CHECKING:
    from synllm.generate.trial.check_model import ModelCheck
    from synllm.generate.trial.facts import ModelFacts
    from synllm.generate.trial.known_models import KnownModel
    from synllm.generate.trial.quality import Quality

_MEASURES = {
    "means": "means are off by",
    "deviations": "standard deviations are off by",
    "shares": "shares are off by",
    "signs": "correlations have the right sign",
}


def list_text(models: Sequence[KnownModel]) -> str:
    """Return a line for each model: its name and the size of its files."""
    width = max(len(model.name) for model in models)
    return "".join(f"{each.name:<{width}}  {_size(each.size):>9}\n" for each in models)


def list_json(models: Sequence[KnownModel]) -> str:
    """Return the models as JSON, sizes in bytes."""
    return write_json({"models": [asdict(each) for each in models]})


def facts_text(facts: ModelFacts) -> str:
    """Return what a model's folder says, a line each."""
    prompt = "the card, whatever level is asked for" if facts.reads_cards else "four levels"
    known = {
        "architecture": facts.kind,
        "weights": f"{facts.weights:,} in {facts.stored}, {_size(facts.size)}",
        "vocabulary": "not stated" if facts.vocabulary is None else f"{facts.vocabulary:,} tokens",
        "context": "no limit stated"
        if facts.context_length is None
        else f"{facts.context_length:,} tokens, prompt and row together",
        "chat format": "its own" if facts.has_template else "none: plain headings are used",
        "prompts": prompt,
        "trained": "yes" if facts.trained else "no: its rows are valid, and know nothing else",
        "licence": facts.license or "not stated in its model card",
        "revision": facts.revision,
        "folder": str(facts.path),
    }
    width = max(map(len, known))
    return f"{facts.name}\n" + "".join(f"  {k:<{width}}  {v}\n" for k, v in known.items())


def facts_json(facts: ModelFacts) -> str:
    """Return what a model's folder says as JSON, sizes in bytes."""
    return write_json(_plain_facts(facts))


def check_text(check: ModelCheck) -> str:
    """Return what trying a model out showed: whether it can be used, and how well it follows."""
    facts = check.facts
    trained = "" if facts.trained else ", untrained"
    lines = [
        f"{facts.name}: {facts.kind}, {facts.weights:,} weights{trained}",
        "",
        *(f"{'ok' if fine else '!':<4}{what}" for fine, what in _findings(check)),
    ]
    if check.quality is not None:
        lines += [
            "",
            f"{check.rows:,} rows by itself, unsteered{'':<10}{'the model':>12}{'the sampler':>14}",
            *_compare(check.quality, check.floor),
            "",
            "The sampler's rows are fitted to the figures. `synllm run` steers a model's rows to",
            "them as well; a model that follows them by itself needs less of that.",
        ]
    return "\n".join(lines) + "\n"


def check_json(check: ModelCheck) -> str:
    """Return what trying a model out showed as JSON; times in seconds, memory in bytes."""
    return write_json(
        {
            "model": _plain_facts(check.facts),
            "device": check.device,
            "dtype": check.dtype,
            "loading": round(check.loading, 3),
            "tokenizer": asdict(check.tokenizer),
            "template": asdict(check.template),
            "rows": check.rows,
            "engine": "decoder"
            if check.quality is not None
            else ("outlines" if check.by_outlines else None),
            "obstacle": None if check.obstacle is None else check.obstacle.what,
            "quality": None if check.quality is None else _plain_quality(check.quality),
            "sampler": _plain_quality(check.floor),
            "memory": check.memory,
        }
    )


def _findings(check: ModelCheck) -> Iterator[tuple[bool, str]]:
    """Yield what was tried, and whether it went well."""
    template, tokenizer = check.template, check.tokenizer
    yield True, f"loads in {check.loading:.1f} s, {check.dtype} on {check.device}"
    begin = "" if tokenizer.begin is None else f", each text begun with {tokenizer.begin}"
    yield True, f"tokenizer: {tokenizer.kind}, {tokenizer.digits}{begin}"
    if not template.own:
        yield True, f"no chat format of its own: the prompt has plain headings ({_told(check)})"
    elif template.same_tokens:
        at_head = "" if template.system else "; what the system says heads the user's message"
        yield True, f"the prompt in its chat format gives its own tokens ({_told(check)}){at_head}"
    else:
        yield False, "its chat format, once written out, is cut into other tokens than it asks for"
    if check.quality is not None:
        held = "" if check.memory is None else f"; {_size(check.memory)} of memory at most"
        yield True, f"the decoder writes its rows: {check.quality.rate:,.0f} rows/s{held}"
        return
    assert check.obstacle is not None
    yield False, f"the decoder can't write its rows: {check.obstacle.what}"
    if check.by_outlines:
        yield True, "check-and-regenerate can: synllm run --engine outlines"
    else:
        yield False, f"check-and-regenerate can't either: {check.obstacle.fix}"


def _told(check: ModelCheck) -> str:
    return f"{check.template.tokens:,} tokens"


def _compare(own: Quality, floor: Quality) -> Iterator[str]:
    units = {"means": "{:.2f} sd", "deviations": "{:.0%}", "shares": "{:.3f}", "signs": "{:.0%}"}
    for name, what in _MEASURES.items():
        mine, theirs = getattr(own, name), getattr(floor, name)
        if mine == mine:
            show = units[name].format
            yield f"  {what:<34}{show(mine):>12}{show(theirs):>14}"


def _plain_facts(facts: ModelFacts) -> dict[str, object]:
    return {**asdict(facts), "path": str(facts.path)}


def _plain_quality(quality: Quality) -> dict[str, float | None]:
    found = {field.name: getattr(quality, field.name) for field in fields(quality)}
    return {name: round(each, 4) if each == each else None for name, each in found.items()}


def _size(count: int) -> str:
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
