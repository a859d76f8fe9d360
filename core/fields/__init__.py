"""A model's input schema as form fields, and the check of values against it.

Schemas are JSON Schema as OpenAPI documents carry it, and are read as they come: what makes no sense becomes a JSON
field, never an error. The check here is the one that counts: a browser's limits are only a courtesy.
"""

from core.fields.checking import check, fits
from core.fields.field import Field
from core.fields.inputs import fields, secrets, validate
from core.fields.schema import resolve
from core.fields.texts import written
from core.fields.words import items, limits

__all__ = ["Field", "check", "fields", "fits", "items", "limits", "resolve", "secrets", "validate", "written"]
