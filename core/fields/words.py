"""What is wrong with a value, in one sentence that says what would be right. Never repeats a secret."""

from typing import Any, Final

from jsonschema.exceptions import ValidationError

from core.fields.field import Field

MISSING_PROMPT: Final = "Write a prompt first: a few words on what you want to see."
TYPES: Final = {
    "integer": "a whole number", "number": "a number", "boolean": "on or off", "string": "text", "array": "a list",
    "object": "an object",
}  # fmt: skip
LONGEST: Final = 200


def missing(field: Field) -> str:
    """The field was left blank."""
    return MISSING_PROMPT if field.name == "prompt" else f"{field.title} is needed."


def limits(field: Field) -> str:
    """What the field takes at least and at most, for people; "" if anything goes."""
    if field.minimum is None and field.maximum is None:
        return ""
    if field.minimum is None:
        return f"at most {field.maximum:,}"
    if field.maximum is None:
        return f"at least {field.minimum:,}"
    return f"from {field.minimum:,} to {field.maximum:,}"


def items(field: Field) -> str:
    """How many items a list or files take, for people; "" if any number goes."""
    least, most = field.min_items or 0, field.max_items
    word = "files" if field.kind == "files" else "items"
    if most is None:
        return f"at least {least:,} {word}" if least > 1 else ""
    if least in (0, most):
        return f"{'up to' if least < most else 'exactly'} {most:,} {word if most != 1 else word[:-1]}"
    return f"from {least:,} to {most:,} {word}"


def unlike(field: Field, value: Any, error: ValidationError) -> str:
    """The value breaks a rule of the schema."""
    place, rule = field.title + _place(field, error), error.validator
    limit: Any = error.validator_value
    if field.kind in ("file", "files") and (rule == "type" or error.absolute_path):
        return _file(field, value)
    if rule == "enum" and field.choices:
        return f"{place} must be one of {_listed(field)}."
    if rule in ("minimum", "maximum") and not error.absolute_path and field.kind != "secret":
        return f"{place} must be {limits(field)}; {shown(value)} is not."
    if rule in ("minItems", "maxItems") and not error.absolute_path:
        return f"{field.title} takes {items(field) or f'at least {limit:,}'}; there are {len(value):,}."
    if rule == "type":
        return f"{place} must be {' or '.join(TYPES[name] for name in ([limit] if isinstance(limit, str) else limit))}."
    return _rarely(field, place, error)


def _rarely(field: Field, place: str, error: ValidationError) -> str:
    rule: Any = error.validator
    limit: Any = error.validator_value
    found: Any = error.instance
    sentences = {
        "minimum": f"must be at least {limit}",
        "maximum": f"must be at most {limit}",
        "exclusiveMinimum": f"must be more than {limit}",
        "exclusiveMaximum": f"must be less than {limit}",
        "multipleOf": f"must be a multiple of {limit}",
        "minItems": f"must have at least {limit} items",
        "maxItems": f"must have at most {limit} items",
        "anyOf": "is in none of the forms that this model takes",
    }
    if rule == "maxLength":
        return f"{place} is {len(found):,} characters long; this model reads up to {limit:,}."
    if rule == "minLength":
        return f"{place} is too short; this model asks for at least {limit:,} characters."
    if rule == "pattern":
        return f"{place} is not in the form that this model asks for: it must match {str(limit)[:LONGEST]}."
    if rule in sentences:
        return f"{place} {sentences[rule]}."
    if field.kind == "secret":
        return f"{place} is not in the form that this model takes."
    return f"{place}: {error.message[:LONGEST].rstrip('.')}."


def shown(value: Any) -> str:
    """A value as a short text."""
    if isinstance(value, int) and value.bit_length() > 200:
        return "such a long number"
    text = f"{value:,}" if isinstance(value, (int, float)) else str(value)
    return text if len(text) <= 30 else text[:29] + "…"


def _place(field: Field, error: ValidationError) -> str:
    """Where in a list or a JSON value the error is."""
    path = list(error.absolute_path)
    if not path:
        return ""
    if field.kind == "list" and isinstance(path[0], int):
        return f", {'line' if field.item == 'string' else 'number'} {path[0] + 1},"
    return " at " + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def _listed(field: Field) -> str:
    names = field.choice_names or tuple(map(str, field.choices))
    text = ", ".join(names[:12])
    return text if len(names) <= 12 else f"{text} and {len(names) - 12} more"


def _file(field: Field, value: Any) -> str:
    if field.kind == "file" and isinstance(value, list) and len(value) > 1:
        return f"{field.title} takes one file; there are {len(value)}."
    return f"{field.title} must be {'a file' if field.kind == 'file' else 'files'} that you choose."
