// "Unknown products": clusters of facings that show no known product, each named in one step.

import { counted, element, fail, make, say } from "./elements.js";
import { onKeys } from "./keyboard.js";
import { productForm } from "./product_form.js";
import { forgetPicture, productSearch } from "./product_search.js";
import { onKeyChange, picture, read, send } from "./service.js";

const ON_A_CARD = 6; // crops, the most typical ones
const list = element("clusters"), crops = element("crops"), store = element("store");

let clusters = []; // as answered, the largest first
let at = 0; // the cluster that is looked at
let shown = []; // ids of its facings in the panel
let left = new Set(); // ids of those that are left out of the decision
let facing = -1; // the one in `shown` that x is about
let product = null; // the one that is chosen
let working = false;
const decisions = []; // facing ids of each, for undo

const day = (text) => new Date(text).toLocaleDateString(undefined, { day: "numeric", month: "short" });
const cropOf = (id) => `/v1/unknowns/${id}/crop`;

// --- clusters ---

async function load() {
  const scope = store.value ? `?${new URLSearchParams({ store_id: store.value })}` : "";
  try {
    const answer = await read(`/v1/unknowns${scope}`);
    clusters = answer.clusters;
    const more = answer.cluster_count > clusters.length ? `; the ${clusters.length} largest are here` : "";
    const out = answer.left_out ? ` ${answer.left_out} more cannot be compared with these.` : "";
    element("summary").textContent = `${counted(answer.facing_count, "unknown facing")} in ${counted(answer.cluster_count, "cluster")}${more}.${out}`;
  } catch (problem) {
    return fail(problem);
  }
  list.replaceChildren(...clusters.map(card));
  element("none").hidden = clusters.length > 0;
  look(Math.max(0, Math.min(at, clusters.length - 1)));
}

function card(cluster, row) {
  const seen = cluster.examples.slice(0, ON_A_CARD).map(({ id }) => picture(cropOf(id)));
  const stores = counted(cluster.store_ids.length, "store");
  const made = make(
    "li", {},
    make("button", { type: "button", className: "cluster" },
      make("span", { className: "stack" }, ...seen),
      make("span", { className: "row between" }, make("b", {}, counted(cluster.count, "facing")), make("small", {}, stores))),
  );
  made.firstChild.addEventListener("click", () => look(row));
  return made;
}

async function loadStores() {
  const stores = await read("/v1/stores").catch(() => []);
  store.replaceChildren(store.firstElementChild, ...stores.map(({ id, name }) => make("option", { value: id }, name)));
  store.hidden = stores.length < 2;
}

// --- one cluster ---

function look(row) {
  at = row;
  const cluster = clusters[at];
  for (const id of ["cluster", "naming"]) element(id).hidden = !cluster;
  [...list.children].forEach((item, place) => item.firstChild.setAttribute("aria-current", place === at));
  element("new-product").hidden = true;
  if (!cluster) return;
  list.children[at].scrollIntoView({ block: "nearest", inline: "nearest" });
  [left, facing, product] = [new Set(), -1, null];
  const days = [day(cluster.first_seen), day(cluster.last_seen)];
  const when = days[0] === days[1] ? days[0] : `${days[0]} – ${days[1]}`;
  element("seen").textContent = `${counted(cluster.count, "facing")}, ${counted(cluster.store_ids.length, "store")}, ${when}`;
  showFacings(cluster.examples.map(({ id }) => id));
  search.clear();
  element("closest").textContent = cluster.closest.length ? "Which product is it? The closest known ones:" : "Which product is it?";
}

function showFacings(ids) {
  shown = ids;
  const cluster = clusters[at], hidden = cluster.count - shown.length;
  crops.replaceChildren(...shown.map((id, place) => {
    const button = make("button", { type: "button", className: "crop" }, picture(cropOf(id), `Facing ${place + 1}`));
    button.addEventListener("pointerenter", () => point(place));
    button.addEventListener("focus", () => point(place));
    button.addEventListener("click", () => toggle(place));
    return make("li", {}, button);
  }));
  element("all").hidden = !hidden;
  element("all").textContent = `Show the other ${hidden}`;
  describe();
}

function describe() {
  [...crops.children].forEach((item, place) => {
    item.firstChild.setAttribute("aria-pressed", !left.has(shown[place]));
    item.classList.toggle("at", place === facing);
  });
  const wanted = clusters[at].count - left.size, facings = counted(wanted, "facing");
  element("chosen").textContent = left.size ? `${counted(left.size, "facing")} left out` : "";
  element("name").disabled = !product || !wanted || working;
  element("name").textContent = product ? `Name ${facings}: ${product.name}` : `Choose a product for ${facings}`;
}

function point(place) {
  facing = place;
  describe();
}

function step(by) {
  point((facing + by + shown.length) % shown.length);
  crops.children[facing].scrollIntoView({ block: "nearest" });
}

function toggle(place) {
  const id = shown[place];
  if (id && !left.delete(id)) left.add(id);
  describe();
}

function go(by) {
  look(Math.max(0, Math.min(clusters.length - 1, at + by)));
}

function columns() {
  const top = list.firstElementChild.offsetTop;
  const second = [...list.children].findIndex(({ offsetTop }) => offsetTop > top);
  return second < 0 ? list.children.length : second;
}

// --- decisions ---

async function decide(act) {
  if (working || !clusters[at]) return;
  working = true;
  describe();
  try {
    await act(clusters[at].facing_ids.filter((id) => !left.has(id)));
  } catch (problem) {
    fail(problem);
  }
  working = false;
  await load();
}

const name = () => product && decide(async (ids) => {
  const done = await (await send("POST", "/v1/unknowns/name", { facing_ids: ids, gtin: product.gtin })).json();
  forgetPicture(done.gtin);
  decisions.push(ids);
  say(`${counted(done.facings, "facing")} named in one step: ${product.name}. ${counted(done.references, "of them is a picture", "of them are pictures")} it is known by from now on.`);
});

const dismiss = (reason, said) => decide(async (ids) => {
  await send("POST", "/v1/unknowns/dismiss", { facing_ids: ids, reason });
  decisions.push(ids);
  say(`${counted(ids.length, "facing")} dismissed in one step: ${said}.`);
});

const undo = () => decisions.length && decide(async () => {
  const ids = decisions[decisions.length - 1];
  await send("POST", "/v1/unknowns/reopen", { facing_ids: ids });
  decisions.pop();
  say(`Undone: ${counted(ids.length, "facing")} unknown again.`);
});

// --- fields, buttons and keys ---

const search = productSearch(element("search"), element("products"), {
  otherwise: () => clusters[at]?.closest ?? [],
  chosen: (taken) => {
    product = taken;
    describe();
  },
  failed: fail,
});
const form = productForm(element("new-product"), {
  added: (added) => {
    product = added;
    search.set(added);
    say(`${added.name} is in the catalogue.`);
    describe();
  },
  failed: fail,
  closed: () => (element("naming").hidden = !clusters.length),
});

function open() {
  element("naming").hidden = true;
  form.open(element("search").value.trim());
}

const buttons = {
  name,
  new: open,
  all: () => showFacings(clusters[at].facing_ids),
  "not-a-product": () => dismiss("not_a_product", "not a product"),
  "cannot-tell": () => dismiss("cannot_tell", "nobody can tell"),
};
for (const [id, act] of Object.entries(buttons)) element(id).addEventListener("click", act);

const choices = Object.fromEntries([1, 2, 3, 4, 5].map((number) => [number, () => search.take(number - 1)]));
onKeys({
  ...choices,
  ArrowRight: () => go(1),
  ArrowLeft: () => go(-1),
  ArrowDown: () => go(columns()),
  ArrowUp: () => go(-columns()),
  j: () => step(1),
  k: () => step(-1),
  x: () => toggle(facing),
  "/": () => element("search").focus(),
  Enter: name,
  n: open,
  d: buttons["not-a-product"],
  D: buttons["cannot-tell"],
}, () => clusters.length > 0);
onKeys({ u: undo });

store.addEventListener("change", load);
onKeyChange(() => {
  loadStores();
  load();
});
loadStores();
load();
