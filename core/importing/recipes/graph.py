"""A graph of ComfyUI, from the form that ran and from the one on its canvas: nodes, and what leads to what."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.importing.recipes import values

MOST: Final = 5_000  # nodes
FARTHEST: Final = 2_000  # nodes that a walk passes
PLAIN: Final = ("value", "int", "float", "number", "seed", "string", "text", "Value")  # what nodes of one value call it
WIDGETS: Final = {  # what the values on the canvas are, by kind of node
    "KSampler": ("seed", "", "steps", "cfg", "sampler_name", "scheduler", "denoise"),
    "KSamplerAdvanced": ("add_noise", "noise_seed", "", "steps", "cfg", "sampler_name", "scheduler"),
    "SamplerCustom": ("add_noise", "noise_seed", "", "cfg"),
    "CheckpointLoaderSimple": ("ckpt_name",),
    "CheckpointLoader": ("config_name", "ckpt_name"),
    "UNETLoader": ("unet_name",),
    "LoraLoader": ("lora_name",),
    "LoraLoaderModelOnly": ("lora_name",),
    "CLIPTextEncode": ("text",),
    "EmptyLatentImage": ("width", "height"),
    "EmptySD3LatentImage": ("width", "height"),
    "RandomNoise": ("noise_seed",),
    "KSamplerSelect": ("sampler_name",),
    "BasicScheduler": ("scheduler", "steps", "denoise"),
    "FluxGuidance": ("guidance",),
    "PrimitiveNode": ("value",),
}


@dataclass(frozen=True)
class Node:
    """One node; `inputs` are plain values, or links as [node, number]."""

    key: str
    kind: str
    inputs: Mapping[str, Any]


class Graph:
    """Nodes by their keys. Walks end, whatever the links say."""

    def __init__(self, nodes: Mapping[str, Node]) -> None:
        self._nodes = nodes

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes.values())

    def linked(self, node: Node, name: str) -> Node | None:
        """The node that an input comes from; None for a plain value."""
        value = node.inputs.get(name)
        if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str | int):
            return self._nodes.get(str(value[0]))
        return None

    def value(self, node: Node, name: str) -> Any:
        """An input's plain value, also where another node gives it; None where there is none."""
        seen = 0
        while (source := self.linked(node, name)) is not None and seen < 20:
            own = [key for key in (name, *PLAIN) if key in source.inputs]
            if not own:
                return None
            node, name, seen = source, own[0], seen + 1
        found = node.inputs.get(name)
        return None if isinstance(found, list | dict) else found

    def whole(self, node: Node, name: str) -> int | None:
        """The same as a whole number."""
        return values.whole(self.value(node, name)) if name in node.inputs else None

    def behind(self, start: Node, only: Collection[str] = ()) -> Iterator[Node]:
        """What leads to a node, the nearest first, each once; `only` through inputs of these names at first."""
        waiting, seen = [start], {start.key}
        while waiting and len(seen) < FARTHEST:
            node = waiting.pop(0)
            if node is not start:
                yield node
            for name in node.inputs:
                if only and node is start and name not in only:
                    continue
                source = self.linked(node, name)
                if source is not None and source.key not in seen:
                    seen.add(source.key)
                    waiting.append(source)

    def towards(self, start: Node, side: str, conditions: Collection[str], texts: Collection[str]) -> Iterator[Node]:
        """The nodes that words come from, on one side: through conditions and texts, never through the other side."""
        other = "negative" if side == "positive" else "positive"
        waiting, seen = [start], {start.key}
        while waiting and len(seen) < FARTHEST:
            node = waiting.pop(0)
            yield node
            names = [name for name in node.inputs if name in conditions or name in texts]
            sides = [name for name in names if side in name]
            for name in sides or [name for name in names if other not in name]:
                source = self.linked(node, name)
                if source is not None and source.key not in seen:
                    seen.add(source.key)
                    waiting.append(source)


def of_prompt(said: Mapping[str, Any]) -> Graph | None:
    """The form that ran: {"3": {"class_type": "KSampler", "inputs": {...}}}."""
    nodes = {}
    for key, node in list(said.items())[:MOST]:
        if isinstance(node, Mapping) and isinstance(node.get("class_type"), str):
            inputs = node.get("inputs")
            nodes[str(key)] = Node(str(key), node["class_type"], inputs if isinstance(inputs, Mapping) else {})
    return Graph(nodes) if nodes else None


def of_workflow(said: Mapping[str, Any]) -> Graph | None:
    """The form on the canvas: nodes with the values of their widgets, and a list of links."""
    found, links = said.get("nodes"), said.get("links")
    if not isinstance(found, list):
        return None
    sources = {}
    for link in links[: 4 * MOST] if isinstance(links, list) else ():
        if isinstance(link, list) and len(link) >= 3 and isinstance(link[0], int):
            sources[link[0]] = [str(link[1]), link[2]]
    nodes = {}
    for node in found[:MOST]:
        if isinstance(node, Mapping) and isinstance(node.get("type"), str) and "id" in node:
            key = str(node["id"])
            nodes[key] = Node(key, node["type"], _widgets(node) | _linked(node, sources))
    return Graph(nodes) if nodes else None


def _widgets(node: Mapping[str, Any]) -> dict[str, Any]:
    kept = node.get("widgets_values")
    if isinstance(kept, Mapping):
        return {str(name): value for name, value in kept.items()}
    if not isinstance(kept, list):
        return {}
    names = WIDGETS.get(node["type"], ("text",) if "text" in node["type"].lower() else ())
    return {name: value for name, value in zip(names, kept, strict=False) if name and not isinstance(value, list)}


def _linked(node: Mapping[str, Any], sources: Mapping[int, list[Any]]) -> dict[str, Any]:
    inputs = node.get("inputs")
    found = {}
    for each in inputs[: values.MOST] if isinstance(inputs, list) else ():
        if isinstance(each, Mapping) and isinstance(each.get("link"), int) and each["link"] in sources:
            found[str(each.get("name"))] = sources[each["link"]]
    return found
