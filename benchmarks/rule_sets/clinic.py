"""The columns of a made-up clinic, and its patients: what the rules are drawn about."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

Cell: TypeAlias = int | str | None
"""A number as an integer of the last recorded decimal, a label, or None where there is none."""
Row: TypeAlias = dict[str, Cell]


@dataclass(frozen=True, slots=True)
class Numbers:
    """A number column; `lean` says how it goes with how ill a patient is, from -1 to 1."""

    name: str
    low: int
    high: int
    decimals: int = 0
    unit: str = ""
    lean: float = 0.0
    missing: float = 0.0

    def written(self, value: int) -> str:
        """Return the value as a clinician writes it, without needless zeros."""
        text = f"{value / 10**self.decimals:.{self.decimals}f}"
        return text.rstrip("0").rstrip(".") if self.decimals else text


@dataclass(frozen=True, slots=True)
class Labels:
    """A category column, ordered ones from well to ill where `ordered`."""

    name: str
    labels: tuple[str, ...]
    ordered: bool = False
    lean: float = 0.0
    missing: float = 0.0


Column: TypeAlias = Numbers | Labels

YES_NO = ("no", "yes")

COLUMNS: tuple[Column, ...] = (
    Numbers("age", 18, 100, 0, "a", 0.3),
    Numbers("systolic", 60, 260, 0, "mm[Hg]", 0.4),
    Numbers("diastolic", 30, 150, 0, "mm[Hg]", 0.3),
    Numbers("heart_rate", 25, 220, 0, "/min", 0.4),
    Numbers("respiratory_rate", 5, 60, 0, "/min", 0.6),
    Numbers("oxygen_saturation", 60, 100, 0, "%", -0.7),
    Numbers("temperature", 330, 425, 1, "Cel", 0.3),
    Numbers("glucose", 30, 700, 0, "mg/dL", 0.4, 0.05),
    Numbers("hba1c", 35, 160, 1, "%", 0.4, 0.1),
    Numbers("creatinine", 20, 1500, 2, "mg/dL", 0.6),
    Numbers("egfr", 40, 1400, 1, "mL/min/{1.73_m2}", -0.7),
    Numbers("potassium", 20, 80, 1, "mmol/L", 0.2),
    Numbers("sodium", 105, 175, 0, "mmol/L", -0.2),
    Numbers("albumin", 100, 600, 2, "g/dL", -0.6),
    Numbers("bilirubin", 1, 400, 1, "mg/dL", 0.5, 0.1),
    Numbers("haemoglobin", 30, 220, 1, "g/dL", -0.5),
    Numbers("platelets", 5, 1200, 0, "10*3/uL", -0.2),
    Numbers("crp", 1, 5000, 1, "mg/L", 0.6, 0.15),
    Numbers("inr", 80, 1200, 2, "", 0.4, 0.2),
    Numbers("ferritin", 2, 3000, 0, "ng/mL", 0.1, 0.3),
    Numbers("weight", 300, 2500, 1, "kg", 0.1),
    Numbers("length_of_stay", 0, 120, 0, "d", 0.7),
    Numbers("admissions", 0, 30, 0, "", 0.6),
    Numbers("drugs", 0, 25, 0, "", 0.6),
    Numbers("pain_score", 0, 10, 0, "", 0.4, 0.1),
    Labels("sex", ("female", "male")),
    Labels("smoking", ("never", "former", "current"), lean=0.3, missing=0.1),
    Labels("ward", ("outpatient", "general", "surgical", "intensive"), lean=0.6),
    Labels("diabetes", ("none", "prediabetes", "type_1", "type_2"), lean=0.4),
    Labels("heart_failure", ("none", "I", "II", "III", "IV"), ordered=True, lean=0.6),
    Labels("frailty", ("fit", "managing", "mild", "moderate", "severe"), ordered=True, lean=0.7),
    Labels("rhythm", ("sinus", "fibrillation", "flutter", "paced"), lean=0.3, missing=0.05),
    Labels("hypertension", YES_NO, lean=0.5),
    Labels("dialysis", YES_NO, lean=0.7),
    Labels("warfarin", YES_NO, lean=0.4),
    Labels("oxygen_therapy", YES_NO, lean=0.7),
    Labels("pregnant", YES_NO),
    Labels("nutrition", ("good", "at_risk", "malnourished"), ordered=True),
    Labels("kidney_stage", ("G1", "G2", "G3", "G4", "G5"), ordered=True),
    Labels("anaemia", ("none", "mild", "moderate", "severe"), ordered=True),
)
"""Forty columns; `pregnant` applies to women only, the last three follow from other columns."""

COMPUTED = frozenset(
    (
        "nutrition",
        "kidney_stage",
        "anaemia",
        "pulse_pressure",
        "mean_pressure",
        "bmi",
        "homa",
        "clearance",
    )
)
"""What no drawn rule concludes about: it follows from other columns."""

DERIVED = (Numbers("pulse_pressure", 5, 230), Numbers("mean_pressure", 300, 1900, 1))
FIXED = """
rule pressures "Systolic blood pressure is above diastolic by at least 5"
  always systolic - diastolic >= 5

rule kidney_stages "The stage of kidney disease follows from the filtration rate"
  cases egfr gives kidney_stage { >= 90: G1; 60..<90: G2; 30..<60: G3; 15..<30: G4; < 15: G5 }

rule anaemia_grades "The grade of anaemia follows from haemoglobin"
  cases haemoglobin gives anaemia { >= 12: none; 11..<12: mild; 8..<11: moderate; < 8: severe }

rule well_nourished "Albumin of 3.5 or more: well nourished"
  when albumin >= 3.5 then nutrition is good

rule at_risk "Albumin of 3.0 to 3.4: at risk"
  when albumin in 3.0..3.4 then nutrition is at_risk

rule malnourished "Albumin below 3.0: malnourished"
  when albumin < 3.0 then nutrition is malnourished

derived pulse_pressure : integer 'mm[Hg]' "Pulse pressure"
  = systolic - diastolic rounded half up

derived mean_pressure : decimal(1) 'mm[Hg]' "Mean arterial pressure"
  = diastolic + (systolic - diastolic) / 3 rounded half up
"""

PLANTED = {"well_nourished": "gap-in-cases"}
"""What there is to find in the fixed rules: nothing is said about an albumin of 3.41 to 3.49."""

BODY_COLUMNS: tuple[Column, ...] = (
    Numbers("height", 1200, 2200, 1, "cm"),
    Numbers("insulin_level", 10, 3000, 1, "m[iU]/L"),
    Numbers("bmi", 62, 1736, 1, "kg/m2"),
    Numbers("homa", 1, 5185, 1),
)
"""More columns for formulas that multiply and divide columns by each other."""

BODY_DERIVED = Numbers("clearance", 0, 30_000, 1)
BODY = """
rule body_mass_index "The body-mass index is weight over height squared, within rounding"
  always abs(bmi - weight / (height * height)) <= 0.05 'kg/m2'

rule insulin_resistance "Insulin resistance is glucose times insulin over 405, within rounding"
  always abs(homa - glucose * insulin_level / 405) <= 0.05

derived clearance : decimal(1) "Creatinine clearance after Cockcroft and Gault"
  = (140 - age) * weight / (72 * creatinine) rounded half up
"""


def complete(row: Row) -> Row | None:
    """Return the row with the computed columns filled in; None where it is no valid patient."""
    done = dict(row)
    systolic, diastolic = _number(done, "systolic"), _number(done, "diastolic")
    done["pulse_pressure"] = systolic - diastolic
    done["mean_pressure"] = _half_up(10 * (2 * diastolic + systolic), 3)
    done["kidney_stage"] = _place(
        _number(done, "egfr"), (150, 300, 600, 900), ("G5", "G4", "G3", "G2", "G1")
    )
    done["anaemia"] = _place(
        _number(done, "haemoglobin"), (80, 110, 120), ("severe", "moderate", "mild", "none")
    )
    done["nutrition"] = _place(
        _number(done, "albumin"), (300, 350), ("malnourished", "at_risk", "good")
    )
    if done["sex"] == "male":
        done["pregnant"] = None
    elif done["pregnant"] is None:
        done["pregnant"] = "no"
    if "height" in done:
        weight, height = _number(done, "weight"), _number(done, "height")
        done["bmi"] = _half_up(weight * 10_000 * 10, height * height)
        glucose, insulin = done["glucose"], _number(done, "insulin_level")
        done["homa"] = _half_up(glucose * insulin, 405) if isinstance(glucose, int) else 50
        done["clearance"] = _half_up(
            (140 - _number(done, "age")) * weight * 100, 72 * _number(done, "creatinine")
        )
    return done if systolic - diastolic >= 5 else None


def draw_patients(columns: Sequence[Column], count: int, chance: random.Random) -> list[Row]:
    """Return patients of all degrees of illness; each label and end of a range occurs."""
    patients: list[Row] = []
    while len(patients) < count:
        patients.extend(_with(columns, {}, chance))
    for column in columns:
        if column.name in COMPUTED:
            continue
        for extreme in _extremes(column):
            cells = {column.name: extreme}
            patients.extend(
                _with(
                    columns,
                    cells | ({"sex": "female"} if column.name == "pregnant" else {}),
                    chance,
                )
            )
    if len(columns) > len(COLUMNS):
        for light in (True, False):
            weight, height = (300, 2200) if light else (2500, 1200)
            glucose, insulin = (30, 10) if light else (700, 3000)
            extremes: Row = {
                "weight": weight,
                "height": height,
                "glucose": glucose,
                "insulin_level": insulin,
            }
            patients.extend(_with(columns, extremes, chance))
    return patients


def _with(columns: Sequence[Column], cells: Row, chance: random.Random) -> list[Row]:
    """Return one patient with these cells."""
    while True:
        ill = chance.random()
        row = {column.name: _draw_cell(column, ill, chance) for column in columns} | cells
        done = complete(row)
        if done is not None:
            return [done]


def _draw_cell(column: Column, ill: float, chance: random.Random) -> Cell:
    if chance.random() < column.missing:
        return None
    lean = column.lean
    towards = ill if lean >= 0 else 1 - ill
    place = abs(lean) * towards + (1 - abs(lean)) * chance.random()
    if isinstance(column, Labels):
        return column.labels[min(int(place * len(column.labels)), len(column.labels) - 1)]
    return column.low + round(place * (column.high - column.low))


def _extremes(column: Column) -> tuple[Cell, ...]:
    ends: tuple[Cell, ...] = (
        column.labels if isinstance(column, Labels) else (column.low, column.high)
    )
    return (*ends, None) if column.missing else ends


def _number(row: Row, name: str) -> int:
    cell = row[name]
    assert isinstance(cell, int), name
    return cell


def _half_up(dividend: int, divisor: int) -> int:
    return (2 * dividend + divisor) // (2 * divisor)


def _place(value: int, edges: tuple[int, ...], labels: tuple[str, ...]) -> str:
    return labels[sum(value >= edge for edge in edges)]
