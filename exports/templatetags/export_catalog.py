"""The export formats, for pages that list them."""

from django import template

from exports.catalog import FORMATS, ExportFormat

register = template.Library()


@register.simple_tag
def export_formats() -> list[ExportFormat]:
    """Every format a person can choose."""
    return list(FORMATS.values())
