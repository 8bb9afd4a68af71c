"""The file formats that sessions come in, for pages that list them."""

from django import template

from datasets.formats.catalog import FORMATS, SessionFormat

register = template.Library()


@register.simple_tag
def session_formats() -> list[SessionFormat]:
    """Every format that an upload is read in."""
    return list(FORMATS.values())
