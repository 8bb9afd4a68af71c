"""The figures of agreement as the API's description tells them: made of their dataclasses.

A field that a dataclass gets is described without a word here, and one that it loses is gone.
`Words` are the values of those texts that have few.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from rest_framework import serializers

from reviews.agreement.bounds import MET, MISSED, OPEN, Deciding, Range
from reviews.agreement.corrected import Corrected
from reviews.agreement.quantity import REASONS, Quantity
from reviews.figures import metrics, shapes
from reviews.figures.shapes import AgreementFigures, MetricFigures

Made = dict[str, Any]
NO_REASONS = list(REASONS)
LEVELS = [metrics.NOMINAL, metrics.ORDINAL, metrics.INTERVAL, metrics.SETS, metrics.TEXT]
SCOPES = ["queue", "own"]
DECIDING_STATES = [MET, MISSED, OPEN]
WORDS: dict[tuple[type, str], list[str]] = {
    (Quantity, "reason"): NO_REASONS,
    (MetricFigures, "level"): LEVELS,
    (AgreementFigures, "scope"): SCOPES,
    (Deciding, "state"): DECIDING_STATES,
}
PLAIN: dict[type, type[serializers.Field[Any, Any, Any, Any]]] = {
    bool: serializers.BooleanField,
    int: serializers.IntegerField,
    float: serializers.FloatField,
    str: serializers.CharField,
}
# What shapes.py names for the type checker alone: importing it brings no numpy along.
NAMES = {"Range": Range, "Deciding": Deciding, "Corrected": Corrected}


@cache
def serializer_of(shape: type) -> type[serializers.Serializer[Any]]:
    """The serializer of a dataclass, with its docstring and a field for each of its fields."""
    names = {**vars(shapes), **NAMES} if shape.__module__ == shapes.__name__ else None
    hints = get_type_hints(shape, names)
    made: Made = {each.name: _field(hints[each.name], shape, each.name) for each in fields(shape)}
    name = shape.__name__ if shape is AgreementFigures else f"Agreement{shape.__name__}"
    return type(name, (serializers.Serializer,), {"__doc__": shape.__doc__, **made})


def _field(hint: Any, shape: type, name: str, **told: Any) -> Any:
    origin, inside = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        (held,) = (each for each in inside if each is not types.NoneType)
        return _field(held, shape, name, allow_null=True)
    if (shape, name) in WORDS:
        return serializers.ChoiceField(choices=WORDS[shape, name], **told)
    if hint in PLAIN:
        return PLAIN[hint](**told)
    if origin in (tuple, list, Sequence):
        return _list(inside, shape, name, **told)
    if origin in (dict, Mapping):
        return serializers.DictField(child=_field(inside[1], shape, name), **told)
    return serializer_of(hint)(**told)


def _list(inside: tuple[Any, ...], shape: type, name: str, **told: Any) -> Any:
    """A tuple of any length, or of so many parts of one type."""
    if len(inside) == 2 and inside[1] is Ellipsis:
        return serializers.ListField(child=_field(inside[0], shape, name), **told)
    assert len(set(inside)) == 1, f"{shape.__name__}.{name} mixes types"
    told |= {"min_length": len(inside), "max_length": len(inside)}
    return serializers.ListField(child=_field(inside[0], shape, name), **told)


Figures = serializer_of(AgreementFigures)
