// "Products": the catalogue, and the pictures that each product is known by.

import { counted, element, fail, make, say } from "./elements.js";
import { onKeys } from "./keyboard.js";
import { productForm } from "./product_form.js";
import { forgetPicture, pathOfReference, productSearch } from "./product_search.js";
import { onKeyChange, picture, read, send } from "./service.js";

const VIEWS = { front: "of the front", back: "of the back", side: "of the side", top: "of the top", bottom: "of the bottom", held: "in a hand" };
const file = element("file");

let product = null; // the one that is shown
let wanted = null; // variant and view that the file chooser was opened for
let listed = []; // products shown while nothing is searched for
const removed = []; // references with their pictures, for undo

// --- one product ---

async function show(gtin) {
  try {
    const [found, { references, missing_views }] = await Promise.all([
      read(`/v1/products/${gtin}`), read(`/v1/products/${gtin}/references`),
    ]);
    product = found;
    draw(references.filter(({ state }) => state === "live"), missing_views);
    history.replaceState(null, "", `#${gtin}`);
  } catch (problem) {
    fail(problem);
  }
}

function draw(references, lacking) {
  const { gtin, name, category, family, valid_from, valid_until } = product;
  const variants = product.variants ?? [{ id: gtin, kind: "regular" }];
  element("product").hidden = false;
  element("none").hidden = true;
  element("title").textContent = name;
  const facts = { GTIN: gtin, Category: category.join(" / "), Family: family, From: valid_from, Until: valid_until };
  element("facts").replaceChildren(...Object.entries(facts).filter(([, value]) => value).flatMap(
    ([fact, value]) => [make("dt", {}, fact), make("dd", {}, value)],
  ));
  element("missing").textContent = lacking.length ? `No picture ${spoken(lacking)} yet.` : "There is a picture of every view.";
  element("variants").replaceChildren(...variants.map((variant) => section(
    variant, variants.length > 1, references.filter(({ variant_id }) => variant_id === variant.id),
  )));
}

function spoken(views) {
  const words = views.map((view) => VIEWS[view]);
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

function section(variant, several, references) {
  const shelf = references.filter(({ source }) => source === "shelf");
  const shots = references.filter(({ source }) => source !== "shelf");
  const until = variant.valid_until ? `, until ${variant.valid_until}` : "";
  const title = several ? make("h2", {}, `${variant.kind.replace("_", " ")} (${variant.id}${until})`) : null;
  const views = Object.keys(VIEWS).map((view) => place(variant, view, shots.filter((shot) => shot.view === view)));
  const seen = shelf.length ? make("div", {}, make("h2", {}, `Seen on shelves: ${shelf.length}`), pictures(shelf)) : null;
  return make("section", { className: "card" }, title, make("div", { className: "views" }, ...views), seen);
}

function place(variant, view, shots) {
  const add = make("button", { type: "button", className: "add", title: `Add a picture ${VIEWS[view]}` }, shots.length ? "+" : `no picture ${VIEWS[view]} yet`);
  add.addEventListener("click", () => {
    wanted = { variant, view };
    file.click();
  });
  const made = make("div", { className: "view", dataset: { view } }, make("h3", {}, view), pictures(shots, add));
  made.addEventListener("dragover", (event) => {
    event.preventDefault();
    made.classList.add("over");
  });
  made.addEventListener("dragleave", () => made.classList.remove("over"));
  made.addEventListener("drop", (event) => {
    event.preventDefault();
    made.classList.remove("over");
    addPictures([...event.dataTransfer.files], variant.id, view);
  });
  return made;
}

function pictures(references, add) {
  const shown = references.map((reference) => {
    const label = `Remove this picture ${VIEWS[reference.view]}`;
    const button = make("button", { type: "button", className: "crop removable", title: label }, picture(pathOfReference(product.gtin, reference.id), label));
    button.reference = reference;
    button.addEventListener("click", () => remove(reference));
    return make("li", {}, button);
  });
  return make("ul", { className: "crops" }, ...shown, add && make("li", {}, add));
}

// --- adding and removing pictures ---

async function addPictures(photos, variantId, view) {
  if (!photos.length || !product) return;
  const { gtin, name } = product;
  say(`Adding ${counted(photos.length, "picture")}…`);
  try {
    for (const photo of photos) await add(gtin, photo, variantId, view);
    say(`${counted(photos.length, "picture")} ${VIEWS[view]} added: ${name} is known by ${photos.length === 1 ? "it" : "them"} from now on.`);
  } catch (problem) {
    fail(problem);
  }
  await refresh(gtin);
}

async function add(gtin, photo, variantId, view) {
  const form = new FormData();
  form.append("photo", photo, photo.name ?? "picture.jpg");
  form.append("view", view);
  form.append("variant_id", variantId);
  await send("POST", `/v1/products/${gtin}/references`, form);
}

async function remove(reference) {
  const { gtin } = product;
  try {
    const kept = await (await send("GET", pathOfReference(gtin, reference.id))).blob();
    await send("DELETE", `/v1/products/${gtin}/references/${reference.id}`);
    removed.push({ gtin, reference, kept });
    say(`The picture ${VIEWS[reference.view]} is removed. u brings it back.`);
  } catch (problem) {
    fail(problem);
  }
  await refresh(gtin);
}

async function undo() {
  const last = removed.pop();
  if (!last) return;
  try {
    await add(last.gtin, last.kept, last.reference.variant_id, last.reference.view);
    say(`The picture ${VIEWS[last.reference.view]} is back.`);
  } catch (problem) {
    removed.push(last);
    fail(problem);
  }
  await refresh(last.gtin);
}

async function refresh(gtin) {
  forgetPicture(gtin);
  await show(gtin);
}

// --- fields and keys ---

const search = productSearch(element("search"), element("products"), {
  otherwise: () => listed,
  chosen: ({ gtin }) => {
    say("");
    show(gtin);
  },
  failed: fail,
});
const form = productForm(element("new-product"), {
  added: async (added) => {
    say(`${added.name} is in the catalogue. Drop pictures of it, and it is known.`);
    await list();
    search.set(added);
    show(added.gtin);
  },
  failed: fail,
  closed: () => element("search").focus(),
});

async function list() {
  try {
    listed = (await read("/v1/products?limit=50")).products;
    search.search();
  } catch (problem) {
    fail(problem);
  }
}

function step(by) {
  const all = [...document.querySelectorAll(".removable")];
  all[(all.indexOf(document.activeElement) + by + all.length) % all.length]?.focus();
}

file.addEventListener("change", () => {
  addPictures([...file.files], wanted.variant.id, wanted.view);
  file.value = "";
});
// A picture dropped beside the views must not make the browser leave the page.
for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());

element("new").addEventListener("click", () => form.open(element("search").value.trim()));
onKeys({
  "/": () => element("search").focus(),
  n: () => form.open(element("search").value.trim()),
  ArrowRight: () => step(1),
  ArrowLeft: () => step(-1),
  x: () => document.activeElement.reference && remove(document.activeElement.reference),
  u: undo,
});
const linked = /^#(\d{14})$/.exec(location.hash);
if (linked) show(linked[1]);
onKeyChange(list);
list();
