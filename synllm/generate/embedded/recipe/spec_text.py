"""A random table's card as a .synspec file, for whatever reads specs and not cards."""

from __future__ import annotations

import json
from collections.abc import Sequence

from synllm.generate.embedded.recipe.names import ABSENT
from synllm.targets.prompt.card import QUANTILES, CardField, NumberFigures
from synllm.targets.row_format import json_text


def write_spec(fields: Sequence[CardField], title: str = "Random figures") -> str:
    """Return a spec whose declared figures are those of the fields.

    Ties are declared as correlations, for which labels have to be ordered.
    """
    tied = {name for field in fields for other, _ in field.ties for name in (field.name, other)}
    columns = "".join(f"  {_column(field, tied=field.name in tied)}\n" for field in fields)
    figures = "".join(f"  {line}\n" for field in fields for line in _figures(field))
    kinds = {field.name: field for field in fields}
    for field in fields:
        for other, r in field.ties:
            signs = [_sign(kinds[other]), _sign(field)]
            pair = f"pearson({json_text(other)}, {json_text(field.name)})"
            figures += f"  {pair} {r * signs[0] * signs[1]:.2f}\n"
    return (
        f'synspec 1\n\ntable random "{title}" {{\n{columns}}}\n\n'
        f'statistics from "drawn" {{\n{figures}}}\n'
    )


def label_of(code: str) -> str:
    """Return the label that stands for a JSON code in the spec."""
    return str(json.loads(code))


def is_yes_no(field: CardField) -> bool:
    """Whether the field is a yes/no column in the spec: its values are 1 and 0, in this order."""
    return [code for code, _ in _values(field)] == ["1", "0"]


def _values(field: CardField) -> list[tuple[str, float]]:
    """Return the codes that are values, with their shares among the present."""
    if field.numbers is not None:
        return []
    found = [(code, share or 0.0) for code, share in field.codes if code not in ABSENT]
    total = sum(share for _, share in found)
    return [(code, share / total) for code, share in found]


def _column(field: CardField, *, tied: bool) -> str:
    if field.numbers is not None:
        numbers = field.numbers
        kind = f"decimal({numbers.decimals})" if numbers.decimals else "integer"
        low, high = (f"{each:.{numbers.decimals}f}" for each in (numbers.low, numbers.high))
        kind = f"{kind} in {low}..{high}"
    elif is_yes_no(field):
        kind = "yes/no coded 1/0"
    else:
        values = [f"{json_text(label_of(code))} coded {code}" for code, _ in _values(field)]
        kind = f"ordered {{{' < '.join(values)}}}" if tied else f"one of {{{', '.join(values)}}}"
    missing = next((code for code, _ in field.codes if code in ABSENT), None)
    absent = ""
    if missing is not None:
        absent = " may be missing" + ("" if missing == "null" else f" coded {missing}")
    return f'{json_text(field.name)} : {kind} "{field.name}"{absent}'


def _figures(field: CardField) -> list[str]:
    figures = _number_figures(field.numbers) if field.numbers is not None else []
    shares = {label_of(code): share for code, share in _values(field)}
    if is_yes_no(field):
        figures.append(f"shares {{yes: {shares['1']:.2%}}}")
    elif shares:
        figures.append(
            "shares {" + ", ".join(f"{json_text(k)}: {v:.2%}" for k, v in shares.items()) + "}"
        )
    absences = [share for code, share in field.codes if code in ABSENT and share is not None]
    figures += [f"missing {share:.2%}" for share in absences]
    return [f"{json_text(field.name)} {', '.join(figures)}"] if figures else []


def _number_figures(numbers: NumberFigures) -> list[str]:
    more = numbers.decimals + 2
    found = []
    if numbers.mean is not None:
        found.append(f"mean {numbers.mean:.{more}f}")
    if numbers.sd is not None:
        found.append(f"sd {numbers.sd:.{more}f}")
    if numbers.quantiles:
        pairs = zip(QUANTILES, numbers.quantiles, strict=True)
        found.append("quantiles {" + ", ".join(f"{at:.0%}: {v:.{more}f}" for at, v in pairs) + "}")
    found += [f"point {v:.{numbers.decimals}f} at {share:.2%}" for v, share in numbers.points]
    return found


def _sign(field: CardField) -> int:
    """Return how a tie's sign reads in a spec, where yes counts 1 and is the first code."""
    return -1 if is_yes_no(field) else 1
