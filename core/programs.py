"""Other programs whose recipes are read: their names as providers, and in words. The studio cannot run them."""

from typing import Final

PROGRAMS: Final = {
    "a1111": "AUTOMATIC1111",
    "comfyui": "ComfyUI",
    "invokeai": "InvokeAI",
    "xmp": "XMP",
}
UNKNOWN: Final = "unknown"  # a model that a recipe does not name
