// A search for products: a field, and a list that is gone through with the arrow keys.

import { make } from "./elements.js";
import { picture, read, send } from "./service.js";

const MOST = 12, WAIT = 150; // milliseconds without a key before the service is asked

export const pathOfReference = (gtin, id) => `/v1/products/${gtin}/references/${id}/picture`;

const fronts = new Map(); // GTIN -> promise of the path of its best picture

export const forgetPicture = (gtin) => fronts.delete(gtin);

function frontOf({ gtin, reference_id, picture_url }) {
  if (picture_url) return picture_url;
  if (reference_id) return pathOfReference(gtin, reference_id);
  if (!fronts.has(gtin)) {
    fronts.set(gtin, read(`/v1/products/${gtin}/references`).then(({ references }) => {
      const live = references.filter(({ state }) => state === "live");
      const best = live.find(({ view, source }) => view === "front" && source === "pack_shot") ?? live[0];
      return best && pathOfReference(gtin, best.id);
    }));
  }
  return fronts.get(gtin);
}

// `otherwise` gives the products to show while nothing is searched for. `chosen(product)` is called when one is taken.
export function productSearch(field, list, { otherwise = () => [], chosen, failed }) {
  let shown = [], at = -1, taken = null, asked = 0, waiting = 0;
  let answered = ""; // the words for which these are shown: Enter must not take what fewer words found

  const written = () => field.value.trim();

  function draw() {
    list.replaceChildren(...shown.map((product, row) => {
      const said = product.said ?? (product.likeness === undefined ? null : `${Math.round(100 * product.likeness)} % alike`);
      const likeness = said && make("small", {}, said);
      const text = make("span", {}, make("strong", {}, product.name), make("small", {}, product.gtin), likeness);
      const item = make("li", { role: "option", id: `${list.id}-${row}` }, picture(() => frontOf(product)), text);
      item.ariaSelected = product.gtin === taken?.gtin;
      item.classList.toggle("at", row === at);
      item.addEventListener("click", () => take(row));
      return item;
    }));
    field.setAttribute("aria-activedescendant", at < 0 ? "" : `${list.id}-${at}`);
    list.children[at]?.scrollIntoView({ block: "nearest" });
  }

  function show(products, first, words = written()) {
    [shown, at, answered] = [products, Math.min(first, products.length - 1), words];
    draw();
  }

  function take(row) {
    if (!shown[row]) return;
    [taken, at] = [shown[row], row];
    field.blur(); // the page's own keys come next
    draw();
    chosen(taken);
  }

  async function search() {
    const words = written(), turn = ++asked;
    if (!words) return show(otherwise(), -1);
    try {
      const { products } = await (await send("GET", `/v1/products?${new URLSearchParams({ q: words, limit: MOST })}`)).json();
      if (turn === asked) show(products, 0, words);
    } catch (problem) {
      if (turn === asked) failed(problem);
    }
  }

  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(search, WAIT);
  });
  field.addEventListener("keydown", async (event) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move && shown.length) [at, answered] = [(at + move + shown.length) % shown.length, written()];
    else if (event.key === "Enter") {
      clearTimeout(waiting);
      if (written() !== answered) await search();
      if (written() === answered) take(Math.max(at, 0));
    } else if (event.key === "Escape") field.blur();
    else return;
    event.preventDefault();
    draw();
  });

  return {
    take,
    // Shows a product as the one that is taken, whether or not it was found.
    set(product) {
      taken = product;
      if (product && !shown.some(({ gtin }) => gtin === product.gtin)) shown = [product, ...shown];
      at = product ? shown.findIndex(({ gtin }) => gtin === product.gtin) : -1;
      draw();
    },
    // Starts anew, with what is shown while nothing is searched for.
    clear() {
      [taken, field.value] = [null, ""];
      search();
    },
    // Shows these instead of what is found.
    offer: (products) => show(products, 0),
    search,
  };
}
