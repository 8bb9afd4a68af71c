"""The file formats that sessions and items come in, for pages that list them."""

from django import template

from datasets.formats.catalog import FORMATS, ITEM_FORMATS, ItemFormat, SessionFormat

register = template.Library()


@register.simple_tag
def session_formats() -> list[SessionFormat]:
    """Every format that an upload is read in."""
    return list(FORMATS.values())


@register.simple_tag
def item_formats() -> list[ItemFormat]:
    """Every format that items of datasets and suites are read in."""
    return list(ITEM_FORMATS.values())
