// "Guidelines": the rules, which are missing, what the catalogue makes hard, and pilots.

import { element, fail, make, say } from "./elements.js";
import { health } from "./guidelines_health.js";
import { missing } from "./guidelines_missing.js";
import { pilots } from "./guidelines_pilots.js";
import { chooseVersions, rules } from "./guidelines_rules.js";
import { onKeys } from "./keyboard.js";
import { onKeyChange } from "./service.js";

// A view has load() → { items, summary, none }; an item has a title, and may have small words, a mark and a group;
// show(item, again) → elements for the right side.
const VIEWS = { rules, missing, health, pilots };
const names = Object.keys(VIEWS);
const list = element("list"), shown = element("shown");

let view = names.includes(location.hash.slice(1)) ? location.hash.slice(1) : "rules";
let items = [];
let at = 0;
let asked = 0; // answers to earlier questions are too late

async function load(keep = false) {
  const mine = ++asked;
  for (const name of names) element(`tab-${name}`).setAttribute("aria-selected", name === view);
  element("which").hidden = view !== "rules";
  let found;
  try {
    found = await VIEWS[view].load();
  } catch (problem) {
    element("summary").textContent = "";
    return fail(problem);
  }
  if (mine !== asked) return;
  items = found.items;
  element("summary").textContent = found.summary;
  element("none").hidden = items.length > 0;
  element("none").replaceChildren(make("strong", {}, found.none?.[0] ?? ""), found.none?.[1] ?? "");
  list.replaceChildren(...items.flatMap(line));
  at = keep ? Math.min(at, items.length - 1) : 0;
  shown.hidden = !items.length;
  if (items.length) look(Math.max(at, 0));
}

function line(item, place) {
  const button = make("button", { type: "button", className: "scope-of" },
    make("span", {}, item.title), make("small", {}, item.small ?? ""),
    item.mark ? make("b", { dataset: { kind: item.wrong ? "wrong" : "" } }, item.mark) : null);
  button.addEventListener("click", () => look(place));
  const heading = item.group && item.group !== items[place - 1]?.group ? [make("li", {}, make("h2", {}, item.group))] : [];
  return [...heading, make("li", {}, button)];
}

function look(place) {
  at = place;
  const buttons = list.querySelectorAll("button");
  for (const button of buttons) button.removeAttribute("aria-current");
  buttons[at].setAttribute("aria-current", "true");
  buttons[at].scrollIntoView({ block: "nearest" });
  shown.replaceChildren(...VIEWS[view].show(items[at], again).filter(Boolean));
}

async function again() {
  await chooseVersions(() => load());
  await load(true);
}

const step = (by) => items.length && look(Math.max(0, Math.min(items.length - 1, at + by)));

function open(name) {
  if (element(`tab-${name}`).hidden) return;
  view = name;
  say("");
  history.replaceState(null, "", name === "rules" ? location.pathname : `#${name}`);
  load();
}

async function begin() {
  say("");
  const expert = await chooseVersions(() => load()).catch(fail);
  for (const hidden of document.querySelectorAll(".for-experts")) hidden.hidden = !expert;
  if (!expert) view = "rules";
  await load();
}

for (const name of names) element(`tab-${name}`).addEventListener("click", () => open(name));
onKeys({
  ArrowDown: () => step(1), ArrowUp: () => step(-1), j: () => step(1), k: () => step(-1),
  e: () => shown.querySelector(".writing textarea, .writing input")?.focus(),
  ...Object.fromEntries(names.map((name, place) => [place + 1, () => open(name)])),
});
onKeyChange(begin);
begin();
