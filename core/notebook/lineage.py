"""What an item was made from and led to, in a notebook."""

from core.lineage import Edge, Lineage, Node
from core.notebook import showing
from core.studio import Studio

HEIGHT = 112  # pixels


class Family:
    """An item's lineage. `sources` are the numbers of what it was made from, `results` of what it led to.

    `lineage` has all of it: nodes by level, edges by role, runs that have nothing to show.
    """

    def __init__(self, studio: Studio, media_id: int, lineage: Lineage) -> None:
        self._studio = studio
        self.id = media_id
        self.lineage = lineage

    @property
    def sources(self) -> list[int]:
        """Numbers of items, the nearest first."""
        return [node.id for node in self._nodes(-1)]

    @property
    def results(self) -> list[int]:
        """Numbers of items, the nearest first."""
        return [node.id for node in self._nodes(1)]

    @property
    def edges(self) -> tuple[Edge, ...]:
        """Which item was used for which, and as what."""
        return self.lineage.edges

    def __repr__(self) -> str:
        return f"<item {self.id}: made from {self.sources or 'nothing'}, led to {self.results or 'nothing'}>"

    def _repr_html_(self) -> str:
        parts = [("made from", self._nodes(-1)), ("this", self._nodes(0)), ("led to", self._nodes(1))]
        columns = [name for name, nodes in parts if nodes]
        cells = [showing.strip([self._figure(node) for node in nodes]) for _, nodes in parts if nodes]
        more = "There are others beyond these." if self.lineage.more else ""
        return showing.grid(columns, [("", cells)], more)

    def _nodes(self, side: int) -> list[Node]:
        found = [node for node in self.lineage.nodes if (node.level > 0) - (node.level < 0) == side]
        return sorted(found, key=lambda node: (abs(node.level), node.id))

    def _figure(self, node: Node) -> str:
        roles = sorted({edge.role for edge in self.lineage.edges if edge.source == node.id})
        if node.kind is None:
            return showing.figure(showing.box(node.caption, HEIGHT))
        shown = showing.small(self._studio.database, node.kind, node.id, height=HEIGHT, words=node.caption)
        return showing.figure(shown, f"{node.id} · {node.caption}", f"as {', '.join(roles)}" if roles else "")
