"""What XMP and EXIF say in words, where no program wrote a recipe: a description, as of a picture made elsewhere."""

from collections.abc import Iterator, Mapping
from typing import Final
from xml.etree.ElementTree import Element

from core.embedding import xmp
from core.importing.recipes import a1111, values
from core.importing.recipes.found import FoundRecipe

DC: Final = "{http://purl.org/dc/elements/1.1/}description"
COMMENT: Final = "{http://ns.adobe.com/exif/1.0/}UserComment"
TOOL: Final = "{http://ns.adobe.com/xap/1.0/}CreatorTool"
MAKE: Final = "{http://ns.adobe.com/tiff/1.0/}Make"


def read(texts: Mapping[str, str]) -> FoundRecipe | None:
    """A recipe in a packet's description, or the description as the prompt; photographs have none."""
    root = xmp.parsed(texts["xmp"]) if "xmp" in texts else None
    if root is None:
        return None
    said = [text for name in (COMMENT, DC) for text in _texts(root, name)]
    for text in said:
        if found := a1111.parse(text):
            return found
    if not said or next(_texts(root, MAKE), None) or "exif:Make" in texts:
        return None
    prompt = values.text(said[-1])
    tool = next(_texts(root, TOOL), "")
    return FoundRecipe("xmp", prompt, model=values.name(tool), parameters=values.parameters(prompt=prompt))


def _texts(root: Element, name: str) -> Iterator[str]:
    """What stands under a name, as an element, its list, or an attribute."""
    for element in root.iter():
        text = "".join(element.itertext()) if element.tag == name else element.get(name) or ""
        if text.strip():
            yield text.strip()
