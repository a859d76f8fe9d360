"""XMP packets (ISO 16684-1): written with a recipe in them, added to, and read. Knows text only."""

import re
from typing import Final
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from core.about import NAME
from core.embedding.notes import Notes
from core.errors import MediaRefused

OURS: Final = "urn:onefile-studio:1.0:"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_HEAD: Final = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
_TAIL: Final = '\n<?xpacket end="w"?>'
_END: Final = b"</rdf:RDF>"
_EARLIER: Final = re.compile(
    f'<rdf:Description rdf:about="" xmlns:onefile="{OURS}">.*?</rdf:Description>\n'.encode(), re.S
)
_DECLARED: Final = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


def packet(notes: Notes) -> bytes:
    """A packet with the recipe and its words."""
    return (_HEAD + document(notes) + _TAIL).encode()


def document(notes: Notes) -> str:
    """The packet's content alone."""
    words = (
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt>'
        f'<rdf:li xml:lang="x-default">{escape(notes.words)}</rdf:li></rdf:Alt></dc:description></rdf:Description>\n'
    )
    return _meta(words + _ours(notes))


def pointing(guid: str) -> bytes:
    """A packet that says: the rest stands in the extension of this name."""
    return (_HEAD + _meta(_extended(guid)) + _TAIL).encode()


def added(known: bytes, notes: Notes, guid: str = "") -> bytes:
    """A packet of others with the recipe, or with the name of an extension that holds it; raises `MediaRefused`."""
    kept = _EARLIER.sub(b"", known)
    end = kept.rfind(_END)
    if end < 0 or (guid and b"HasExtendedXMP" in kept):
        raise MediaRefused(
            "The file holds notes of others in a form that nothing can be added to. Download it as it is."
        )
    return kept[:end] + (_extended(guid) if guid else _ours(notes)).encode() + kept[end:]


def recipe_of(text: str) -> str | None:
    """The recipe in a packet as it was written; None where there is none."""
    root = parsed(text) if OURS in text else None
    if root is None:
        return None
    name = f"{{{OURS}}}recipe"
    found = [element.text if element.tag == name else element.get(name) for element in root.iter()]
    return next((text for text in reversed(found) if text is not None), None)


def parsed(text: str) -> ElementTree.Element | None:
    """A packet's elements; None for what is no XML, and for XML that declares entities of its own."""
    if _DECLARED.search(text):
        return None
    try:
        return ElementTree.fromstring(text.strip("\0 \r\n\t\ufeff"))
    except (ElementTree.ParseError, ValueError):  # a lone surrogate
        return None


def _meta(inner: str) -> str:
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="{NAME}">\n<rdf:RDF xmlns:rdf="{RDF}">\n'
        f"{inner}</rdf:RDF>\n</x:xmpmeta>"
    )


def _ours(notes: Notes) -> str:
    return (
        f'<rdf:Description rdf:about="" xmlns:onefile="{OURS}">'
        f"<onefile:recipe>{escape(notes.recipe)}</onefile:recipe></rdf:Description>\n"
    )


def _extended(guid: str) -> str:
    return (
        '<rdf:Description rdf:about="" xmlns:xmpNote="http://ns.adobe.com/xmp/note/" '
        f'xmpNote:HasExtendedXMP="{guid}"/>\n'
    )
