"""Recipes of ComfyUI: the graph that ran (`prompt`), or the one on its canvas (`workflow`).

The recipe is found by walking back from what was saved to its sampler, and from there to texts, seed and checkpoint.
Nodes of unknown makers are walked through by the names of their inputs.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from core import plainjson
from core.importing.recipes import values
from core.importing.recipes.found import FoundRecipe
from core.importing.recipes.graph import Graph, Node, of_prompt, of_workflow

PREFIXED: Final = re.compile(r"\s*(prompt|workflow):\s*(?=\{)", re.IGNORECASE)  # as it writes into EXIF
SEEDS: Final = ("seed", "noise_seed", "seed_num", "rand_seed")
CHECKPOINTS: Final = (
    "ckpt_name",
    "unet_name",
    "model_name",
    "checkpoint",
    "base_ckpt_name",
    "gguf_name",
    "diffusion_name",
)
LORAS: Final = ("lora_name",)
TEXTS: Final = ("text", "text_g", "text_l", "prompt", "t5xxl", "clip_l", "string", "value", "wildcard_text",
                "populated_text", "text_positive", "positive", "negative", "string_a", "string_b", "text1", "text2",
                "Text", "tags")  # fmt: skip
CONDITIONS: Final = ("conditioning", "guider", "positive", "negative", "conditioning_to", "conditioning_from",
                     "conditioning_1", "conditioning_2", "base_positive", "base_negative")  # fmt: skip
SETTINGS: Final = {  # their names here, and there
    "steps": ("steps",),
    "cfg_scale": ("cfg", "guidance", "cfg_scale"),
    "sampler": ("sampler_name", "sampler"),
    "scheduler": ("scheduler",),
    "denoise": ("denoise",),
}


def read(texts: Mapping[str, str]) -> FoundRecipe | None:
    """The recipe in the texts; None where there is no graph, an empty one where the graph tells nothing."""
    for key, make in (("prompt", of_prompt), ("workflow", of_workflow)):
        for text in _graphs(texts, key):
            said = plainjson.read(text)
            if said is not None and (graph := make(said)):
                return _recipe(graph)
    return None


def _graphs(texts: Mapping[str, str], wanted: str) -> Iterator[str]:
    if wanted in texts:
        yield texts[wanted]
    for key, text in texts.items():
        if key.startswith("exif:") and (named := PREFIXED.match(text)) and named[1].lower() == wanted:
            yield text[named.end() :]


def _recipe(graph: Graph) -> FoundRecipe:
    sampler = _sampler(graph)
    around = [sampler, *graph.behind(sampler, only=("noise", "sampler", "sigmas", "guider"))] if sampler else []
    seed = next((found for node in around for key in SEEDS if (found := graph.whole(node, key)) is not None), None)
    said = {name: _first(graph, around, keys) for name, keys in SETTINGS.items()}
    positive, negative = (_words(graph, around, side) for side in ("positive", "negative"))
    if not positive:
        positive = _longest(graph) if sampler is None else ""
    behind = list(graph.behind(sampler)) if sampler else list(graph)
    model = next((name for node in behind for key in CHECKPOINTS if (name := values.name(node.inputs.get(key)))), "")
    loras = [name for node in behind for key in LORAS if (name := values.name(node.inputs.get(key)))]
    width, height = _size(graph, behind)
    return FoundRecipe(
        program="comfyui",
        prompt=positive,
        negative_prompt=negative,
        model=model,
        seed=seed,
        width=width,
        height=height,
        parameters=values.parameters(
            prompt=positive, negative_prompt=negative, seed=seed, width=width, height=height, loras=loras, **said
        ),
    )


def _sampler(graph: Graph) -> Node | None:
    """The sampler furthest behind what was saved: the one that began the picture."""
    ends = [node for node in graph if "save" in node.kind.lower() or "preview" in node.kind.lower()]
    found = [node for end in ends for node in graph.behind(end) if _samples(node)]
    found = found or [node for node in graph if _samples(node)]
    return found[-1] if found else None


def _samples(node: Node) -> bool:
    if "sampler" in node.kind.lower() and not node.kind.endswith("Select"):
        return "positive" in node.inputs or "guider" in node.inputs or any(key in node.inputs for key in SEEDS)
    return "positive" in node.inputs and any(key in node.inputs for key in SEEDS)


def _first(graph: Graph, nodes: list[Node], keys: tuple[str, ...]) -> Any:
    """The first plain value under one of these names."""
    for node in nodes:
        for key in keys:
            found = graph.value(node, key)
            if isinstance(found, str | int | float) and not isinstance(found, bool):
                return found
    return None


def _words(graph: Graph, around: list[Node], side: str) -> str:
    """The texts that lead to one side of the sampler, each once, in order."""
    found: dict[str, None] = {}
    for node in around:
        starts = [side] if side in node.inputs else ["conditioning"] if side == "positive" else []
        for start in starts:
            linked = graph.linked(node, start)
            if linked is None:
                found |= dict.fromkeys(filter(None, [values.text(node.inputs.get(start))]))
                continue
            for passed in graph.towards(linked, side, CONDITIONS, TEXTS):
                found |= dict.fromkeys(_own_texts(passed, side))
        if found:
            break
    return "\n".join(found)[: values.LONGEST]


def _own_texts(node: Node, side: str) -> list[str]:
    other = "negative" if side == "positive" else "positive"
    kept = [values.text(node.inputs.get(key)).strip() for key in TEXTS if key != other]
    return [each for each in kept if each]


def _longest(graph: Graph) -> str:
    """Where nothing is known as a sampler: the longest text of a node that encodes texts."""
    encoding = [node for node in graph if "text" in node.kind.lower() or "prompt" in node.kind.lower()]
    return max((text for node in encoding for text in _own_texts(node, "positive")), key=len, default="")


def _size(graph: Graph, behind: list[Node]) -> tuple[int | None, int | None]:
    for node in behind:
        if "latent" in node.kind.lower():
            width, height = values.side(graph.value(node, "width")), values.side(graph.value(node, "height"))
            if width and height:
                return width, height
    return None, None
