// Streamlit adds an entry to the browser's history that belongs to no page: the old page with the new page's query.
// Going back must not stop there: an item without its number, or another page with one, is passed over.

function createHistory() {
  function pass() {
    const isItem = location.pathname.endsWith("/item");
    if (isItem !== new URLSearchParams(location.search).has("id")) history.back();
  }

  addEventListener("popstate", pass);
  return { update() {}, destroy: () => removeEventListener("popstate", pass) };
}

export default (component) => mount(component, createHistory);
