// Which items of a list are selected: toggling, ranges from an anchor, everything, nothing.

function createSelection(changed) {
  let ids = [];
  let chosen = new Set();
  let kept = new Set(); // what a growing range is added to
  let anchor = 0;

  function replace(next) {
    chosen = next;
    changed();
  }

  return {
    has: (id) => chosen.has(id),
    get size() {
      return chosen.size;
    },
    list: () => ids.filter((id) => chosen.has(id)),

    // A new list of ids; what is no longer there is forgotten. The anchor stays with its item.
    setIds(next) {
      anchor = Math.max(0, next.indexOf(ids[anchor]));
      ids = next;
      const there = new Set(ids);
      const still = new Set([...chosen].filter((id) => there.has(id)));
      kept = new Set(still);
      if (still.size !== chosen.size) replace(still);
    },
    set(next) {
      kept = new Set(next.filter((id) => ids.includes(id)));
      replace(new Set(kept));
    },
    toggle(index) {
      const next = new Set(chosen);
      if (!next.delete(ids[index])) next.add(ids[index]);
      anchor = index;
      kept = new Set(next);
      replace(next);
    },
    extendTo(index) {
      const [from, to] = anchor < index ? [anchor, index] : [index, anchor];
      replace(new Set([...kept, ...ids.slice(from, to + 1)]));
    },
    anchorAt(index) {
      anchor = index;
      kept = new Set(chosen);
    },
    all() {
      kept = new Set(ids);
      replace(new Set(ids));
    },
    clear() {
      kept = new Set();
      replace(new Set());
    },
  };
}
