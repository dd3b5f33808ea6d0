"""Linear forms: exact sums of scaled integer terms, the shape in which arithmetic is lowered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import gcd, lcm

from synllm.spec.core import CoreTerm, Integer, Product, Sum


@dataclass(frozen=True, slots=True)
class Linear:
    """`constant` plus every part's coefficient times its term; no coefficient is zero.

    The terms are integers that are themselves no sums, constants or multiples of a constant.
    """

    constant: Fraction
    parts: tuple[tuple[CoreTerm, Fraction], ...] = ()

    @property
    def is_constant(self) -> bool:
        """Whether no term is left."""
        return not self.parts

    def plus(self, other: Linear) -> Linear:
        """Return the sum, with like terms collected."""
        coefficients = dict(self.parts)
        for term, coefficient in other.parts:
            coefficients[term] = coefficients.get(term, Fraction(0)) + coefficient
        parts = tuple(part for part in coefficients.items() if part[1] != 0)
        return Linear(self.constant + other.constant, parts)

    def times(self, factor: Fraction | int) -> Linear:
        """Return the product with a constant."""
        if factor == 0:
            return ZERO
        parts = tuple((term, coefficient * factor) for term, coefficient in self.parts)
        return Linear(self.constant * factor, parts)

    def minus(self, other: Linear) -> Linear:
        """Return the difference, with like terms collected."""
        return self.plus(other.times(-1))


ZERO = Linear(Fraction(0))
ONE = Linear(Fraction(1))


def atom(term: CoreTerm, coefficient: Fraction = Fraction(1)) -> Linear:
    """Return the form of one term that is no sum, constant or multiple of a constant."""
    return Linear(Fraction(0), ((term, coefficient),))


def multiply(left: Linear, right: Linear) -> Linear:
    """Return the product; that of two terms becomes a `Product` of their primitive parts."""
    if left.is_constant:
        return right.times(left.constant)
    if right.is_constant:
        return left.times(right.constant)
    (left_part, left_content), (right_part, right_content) = primitive(left), primitive(right)
    product = Product(term_of(left_part), term_of(right_part))
    return atom(product, left_content * right_content)


def primitive(form: Linear) -> tuple[Linear, Fraction]:
    """Return (part, content): the form is their product, the content is positive, and the part's
    numbers are integers without a common divisor. Zero is its own part, with content 1.
    """
    content = common_content([form])
    return (form.times(1 / content), content) if content else (form, Fraction(1))


def common_content(forms: Iterable[Linear]) -> Fraction:
    """Return the greatest number that divides all numbers in the forms to integers, or 0."""
    numbers = [
        number
        for form in forms
        for number in (form.constant, *(coefficient for _, coefficient in form.parts))
        if number != 0
    ]
    divisor = reduce(gcd, (number.numerator for number in numbers), 0)
    multiple = reduce(lcm, (number.denominator for number in numbers), 1)
    return Fraction(divisor, multiple)


def term_of(form: Linear) -> CoreTerm:
    """Return the integer term of a form whose numbers are integers."""
    terms = [_scaled(term, coefficient) for term, coefficient in form.parts]
    if form.constant != 0 or not terms:
        assert form.constant.denominator == 1, "not an integer form"
        terms.append(Integer(form.constant.numerator))
    return terms[0] if len(terms) == 1 else Sum(tuple(terms))


def form_of(term: CoreTerm) -> Linear:
    """Return the linear form of an integer term."""
    match term:
        case Integer(value=value):
            return Linear(Fraction(value))
        case Sum(terms=terms):
            return reduce(Linear.plus, (form_of(each) for each in terms), ZERO)
        case Product(left=Integer(value=value), right=right):
            return form_of(right).times(value)
        case _:
            return atom(term)


def _scaled(term: CoreTerm, coefficient: Fraction) -> CoreTerm:
    assert coefficient.denominator == 1, "not an integer form"
    return term if coefficient == 1 else Product(Integer(coefficient.numerator), term)
