// "Reports": a heat map of stores by weeks for each format, and what is behind one cell of it.

import { counted, element, fail, make, say } from "./elements.js";
import { onKeys } from "./keyboard.js";
import { onKeyChange, read, send } from "./service.js";

const DAY = 86_400_000; // milliseconds
const MOST = 10_000; // rows of an answer
const WORST = 0.5; // at which a cell is darkest
const FACTS = {
  bays: "Bays", positions: "Positions × days", correct: "As planned", wrong_position: "In a wrong position",
  wrong_shelf: "On a wrong shelf", out_of_stock: "Out of stock", undecided: "Undecided",
};
const figure = element("figure"), until = element("until"), formats = element("formats");

let category = []; // the path that is opened
let period = {}; // since and until, as answered
let lines = []; // one for each row of the heat map: label, format, the store or none for all of that format, cells by week
let weeks = []; // { week, monday }
let at = null; // [line, week] that is looked at
let opened = []; // paths of the categories in the panel
let loads = 0; // an answer to an older request is dropped
let looks = 0;

const percent = (part) => (part === null || part === undefined ? "–" : `${Math.round(part * 100)} %`);
const decided = (row) => (row.positions ? (row.positions - row.undecided) / row.positions : null);
const value = (row) => (figure.value === "decided" ? decided(row) : row[figure.value]);
const chosen = () => figure.selectedOptions[0].textContent;

function query(report, by, more = {}) {
  const params = new URLSearchParams();
  for (const [name, values] of Object.entries({ by, category, ...more })) {
    for (const one of [values].flat()) if (one) params.append(name, one);
  }
  return `/v1/reports/${report}?${params}`;
}

// --- the heat map ---

async function load() {
  const mine = ++loads, days = { since: until.value && sinceOf(until.value), until: until.value, limit: MOST };
  let byStore, byFormat;
  try {
    [byStore, byFormat] = await Promise.all([
      read(query("compliance", ["format", "store", "week"], days)), read(query("compliance", ["format", "week"], days)),
    ]);
  } catch (problem) {
    return fail(problem);
  }
  if (mine !== loads) return;
  period = { since: byStore.since, until: byStore.until };
  until.value = period.until;
  weeks = weeksOf(period);
  lines = linesOf(byStore.rows, byFormat.rows);
  say(byStore.more ? "There are more stores than fit here; the CSV file has them all." : "");
  show();
}

// Twelve whole weeks, the last one that of `until`, as the service would choose.
function sinceOf(day) {
  const last = new Date(day);
  return isoDay(last.getTime() - (((last.getUTCDay() + 6) % 7) + 11 * 7) * DAY);
}

const isoDay = (time) => new Date(time).toISOString().slice(0, 10);

function weeksOf({ since, until }) {
  const first = new Date(since), found = [];
  for (let day = first.getTime() - ((first.getUTCDay() + 6) % 7) * DAY; day <= Date.parse(until); day += 7 * DAY) {
    found.push({ monday: isoDay(day), week: weekOf(day) });
  }
  return found;
}

// ISO 8601: a week belongs to the year of its Thursday.
function weekOf(monday) {
  const thursday = new Date(monday + 3 * DAY);
  const days = (thursday - Date.UTC(thursday.getUTCFullYear(), 0, 1)) / DAY;
  return `W${String(Math.floor(days / 7) + 1).padStart(2, "0")}`;
}

function linesOf(byStore, byFormat) {
  const found = new Map();
  for (const row of [...byFormat, ...byStore]) {
    const key = [row.format, row.store_id].join("/");
    if (!found.has(key)) found.set(key, { label: row.store_name, format: row.format, store: row.store_id, cells: {} });
    found.get(key).cells[row.monday] = row;
  }
  const all = [...found.values()].sort((one, other) => one.format.localeCompare(other.format)); // stores stay in order
  for (const line of all) line.label ??= `All ${counted(all.filter(({ format }) => format === line.format).length - 1, "store")}`;
  return all;
}

function show() {
  const stores = lines.filter(({ store }) => store).length;
  element("summary").textContent = `${counted(stores, "store")}, ${period.since} to ${period.until}`;
  element("path").replaceChildren(...crumbs());
  element("none").hidden = lines.length > 0;
  formats.replaceChildren(...[...new Set(lines.map(({ format }) => format))].map(table));
  for (const id of ["cell", "categories"]) element(id).hidden = !lines.length;
  if (lines.length) look(Math.min(at?.[0] ?? 0, lines.length - 1), Math.min(at?.[1] ?? weeks.length, weeks.length - 1));
}

function crumbs() {
  return ["All products", ...category].map((name, depth) => {
    const button = make("button", { type: "button", className: "plain", disabled: depth === category.length }, name);
    button.addEventListener("click", () => open(category.slice(0, depth)));
    return button;
  });
}

function table(format) {
  const head = weeks.map(({ week, monday }) => make("th", { scope: "col", title: `from ${monday}` }, week));
  const rows = lines.map((line, place) => (line.format === format ? rowOf(line, place) : null)).filter(Boolean);
  return make("table", { className: "heat" },
    make("caption", {}, format),
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Store"), ...head)),
    make("tbody", {}, ...rows));
}

function rowOf(line, place) {
  const cells = weeks.map(({ week, monday }, column) => {
    const row = line.cells[monday], part = row ? value(row) : null;
    const button = make("button", { type: "button", tabIndex: -1 }, row ? percent(part).replace(" %", "") : "");
    button.setAttribute("aria-label", `${line.label}, ${week}: ${row ? percent(part) : "no photo"}`);
    if (part !== null) shade(button, Math.min(1, (1 - part) / (1 - WORST)));
    button.addEventListener("click", () => look(place, column));
    return make("td", {}, button);
  });
  return make("tr", { className: line.store ? "" : "whole" }, make("th", { scope: "row" }, line.label), ...cells);
}

function shade(button, wrong) {
  button.style.setProperty("--wrong-part", `${Math.round(wrong * 100)}%`);
  button.classList.toggle("dark", wrong > 0.7);
}

// --- one cell ---

const cellAt = (line, week) => formats.querySelectorAll("tbody tr")[line].cells[week + 1].firstChild;

async function look(line, week) {
  formats.querySelector("[aria-current]")?.removeAttribute("aria-current");
  at = [line, week];
  const cell = cellAt(line, week), row = lines[line].cells[weeks[week].monday];
  cell.setAttribute("aria-current", "true");
  for (const one of formats.querySelectorAll("[tabindex='0']")) one.tabIndex = -1;
  cell.tabIndex = 0;
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  element("about").textContent = `${lines[line].label}, ${lines[line].format}, ${weeks[week].week} from ${weeks[week].monday}`;
  const facts = row ? Object.entries(FACTS).map(([name, word]) => [word, row[name]]) : [["No photo was judged", ""]];
  if (row) facts.push(["Positions as planned", percent(row.compliance_rate)], ["On the shelf", percent(row.on_shelf_availability)]);
  element("facts").replaceChildren(...facts.flatMap(([word, said]) => [make("dt", {}, word), make("dd", {}, String(said))]));
  element("categories").hidden = !row;
  if (row) await loadCategories(lines[line], weeks[week].monday);
}

async function loadCategories({ store, format }, monday) {
  const mine = ++looks, sunday = isoDay(Date.parse(monday) + 6 * DAY);
  const days = { store_id: store, format, since: monday < period.since ? period.since : monday, until: sunday > period.until ? period.until : sunday };
  try {
    const [kept, shares] = await Promise.all([
      read(query("compliance", ["category"], days)), read(query("share-of-shelf", [], days)),
    ]);
    if (mine === looks) showCategories(kept.rows, shares.rows);
  } catch (problem) {
    fail(problem);
  }
}

function showCategories(rows, shares) {
  const shareOf = new Map(shares.map((one) => [one.category.join("\n"), one.share]));
  opened = rows.map((row) => row.category);
  element("rate").textContent = chosen();
  element("category-rows").replaceChildren(...rows.map((row, place) => {
    const name = row.category.at(-1) ?? "–";
    const deeper = row.category.length > category.length;
    const button = make("button", { type: "button", className: "plain", disabled: !deeper }, name);
    button.addEventListener("click", () => open(row.category));
    const cells = [percent(value(row)), row.out_of_stock, percent(shareOf.get(row.category.join("\n")))];
    return make("tr", {}, make("th", { scope: "row" }, button, place < 9 && deeper ? make("kbd", {}, String(place + 1)) : null),
      ...cells.map((said) => make("td", {}, String(said))));
  }));
}

// --- what is looked at ---

function open(path) {
  if (!path || path.length === category.length) return;
  category = path;
  load();
}

function go(down, right) {
  const [line, week] = [at[0] + down, at[1] + right];
  if (line < 0 || line >= lines.length || week < 0 || week >= weeks.length) return;
  look(line, week);
  cellAt(line, week).focus();
}

function nextFigure() {
  figure.selectedIndex = (figure.selectedIndex + 1) % figure.options.length;
  show();
}

async function download() {
  try {
    const answer = await send("GET", query("compliance.csv", ["format", "store", "category", "week"], period));
    const url = URL.createObjectURL(await answer.blob());
    make("a", { href: url, download: `compliance-${period.since}-${period.until}.csv` }).click();
    URL.revokeObjectURL(url);
  } catch (problem) {
    fail(problem);
  }
}

const categories = Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => [number, () => open(opened[number - 1])]));
onKeys({
  ...categories,
  ArrowLeft: () => go(0, -1),
  ArrowRight: () => go(0, 1),
  ArrowUp: () => go(-1, 0),
  ArrowDown: () => go(1, 0),
  f: nextFigure,
}, () => lines.length > 0);
onKeys({ u: () => open(category.slice(0, -1)) });
figure.addEventListener("change", show);
until.addEventListener("change", load);
element("csv").addEventListener("click", download);
onKeyChange(load);
load();
