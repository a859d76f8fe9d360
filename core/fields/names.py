"""What an input is called: the words of its author, or its name read as words."""

from typing import Final

LONGEST: Final = 80
SPELLED: Final = {
    "api": "API", "cfg": "CFG", "clip": "CLIP", "fps": "FPS", "hdr": "HDR", "id": "ID", "json": "JSON", "lora": "LoRA",
    "nsfw": "NSFW", "openai": "OpenAI", "url": "URL", "urls": "URLs", "vae": "VAE",
}  # fmt: skip


def title(name: str, declared: str = "") -> str:
    """A title as people write it; what only repeats the name in capitals is read as words too."""
    words = name.replace("_", " ").split()
    if declared and declared.replace("_", " ").casefold().split() != [word.casefold() for word in words]:
        return declared if len(declared) <= LONGEST else declared[: LONGEST - 1] + "…"
    if words[:1] == ["num"] and len(words) > 1:
        words[:1] = ["number", "of"]
    spelled = [SPELLED.get(word.casefold(), word.casefold()) for word in words]
    if not spelled:
        return "Input"
    first = spelled[0] if spelled[0] in SPELLED.values() else spelled[0].capitalize()
    return " ".join([first, *spelled[1:]])[:LONGEST]
