"""How something was made, out of the texts that stand in or beside its file: a module for each program.

All of it is pure and never raises, however odd the texts are.
"""

from collections.abc import Mapping

from core.importing.recipes import a1111, comfyui, invokeai, ours, xmp
from core.importing.recipes.found import FoundRecipe

__all__ = ["FoundRecipe", "read"]


def read(texts: Mapping[str, str]) -> FoundRecipe | None:
    """The recipe that the texts tell, the surest program first; None where they tell none.

    Keys are as `core.embedding.read_texts` gives them. A graph whose nodes tell no prompt gives way to words that do.
    """
    if found := ours.read(texts) or invokeai.read(texts):
        return found
    graph, words = comfyui.read(texts), a1111.read(texts)
    if graph and (graph.prompt or not words):
        return graph
    return words or xmp.read(texts)
