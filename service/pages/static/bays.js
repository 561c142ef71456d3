// "Bays": every bay with how it kept its planogram when it was last photographed.

import { counted, element, fail, make } from "./elements.js";
import { onKeys } from "./keyboard.js";
import { onKeyChange, read } from "./service.js";
import { countsBar, countsList, percent, when } from "./verdicts.js";

const list = element("bays"), store = element("store"), more = element("more");

let next = null; // where the next page begins

async function load(after = null) {
  const wanted = new URLSearchParams({ ...(after && { after }), ...(store.value && { store_id: store.value }) });
  try {
    const answer = await read(`/v1/bays?${wanted}`);
    next = answer.next;
    if (!after) list.replaceChildren();
    list.append(...answer.bays.map(card));
  } catch (problem) {
    return fail(problem);
  }
  more.hidden = !next;
  element("none").hidden = list.children.length > 0;
  element("summary").textContent = `${counted(list.children.length, "bay")}${next ? " so far" : ""}`;
}

function card({ id, store_id, planogram_id, newest }) {
  const rate = newest && newest.rate !== null ? make("b", {}, percent(newest.rate)) : null;
  return make("li", {}, make("a", { className: "cluster", href: `/bays/${encodeURIComponent(id)}` },
    make("span", { className: "row between" }, make("strong", {}, id), rate),
    make("small", {}, [store_id, planogram_id ?? "no planogram", newest && when(newest.taken_at)].filter(Boolean).join(" · ")),
    ...(newest?.fits ? [countsBar(newest.counts), countsList(newest.counts, true)] : [make("small", {}, newest ? "The last photo does not look like this bay." : "No photo of it was judged yet.")]),
  ));
}

async function loadStores() {
  const stores = await read("/v1/stores").catch(() => []);
  store.replaceChildren(store.firstElementChild, ...stores.map(({ id, name }) => make("option", { value: id }, name)));
  store.hidden = stores.length < 2;
}

const links = () => [...list.querySelectorAll("a")];

function go(by) {
  const all = links(), at = all.indexOf(document.activeElement);
  all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + by))]?.focus();
}

function columns() {
  const tops = [...list.children].map(({ offsetTop }) => offsetTop);
  return tops.filter((top) => top === tops[0]).length;
}

onKeys({ ArrowRight: () => go(1), ArrowLeft: () => go(-1), ArrowDown: () => go(columns()), ArrowUp: () => go(-columns()) }, () => list.children.length);
store.addEventListener("change", () => load());
more.addEventListener("click", () => load(next));
onKeyChange(() => (loadStores(), load()));
loadStores();
load();
