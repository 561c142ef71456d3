// One round: its picks with their reasons, where they lie on the map of the pool, and what they cover.

import { ARMS, armName, mark, tag } from "./arms.js";
import { coverageTable } from "./coverage_table.js";
import { counted, element, fail, make } from "./elements.js";
import { onKeys } from "./keyboard.js";
import { poolMap } from "./pool_map.js";
import { showSaving } from "./saving.js";
import { onKeyChange, picture, read, send } from "./service.js";
import { scaleOf, strokes, termRows } from "./terms.js";

const id = location.pathname.split("/").at(-1);
const list = element("picks"), closer = element("closer");

let picks = []; // as answered, in the order of labelling
let scale = {}; // of the bars
let at = -1; // the pick that is looked at
let arm = null; // the only one that is shown, or all of them
let cell = null; // of the coverage whose picks alone are shown
let view = "pictures"; // or the coverage

const photo = (pick, width) => `/v1/captures/${pick.capture_id}/photo?width=${width}`;
const shown = (pick) => (!arm || pick.arm === arm) && (!cell || cell.ranks.includes(pick.rank));

async function load() {
  let round;
  try {
    round = await read(`/v1/rounds/${id}`);
  } catch (problem) {
    return fail(problem);
  }
  picks = round.picks;
  scale = scaleOf(picks);
  head(round);
  list.replaceChildren(...picks.map(card));
  look(0);
  filter();
  read(`/v1/rounds/${id}/map`).then((answer) => map.show(answer, armOf())).catch(fail);
  coverage.load();
  showSaving(element("saving"), id);
}

const armOf = () => {
  const arms = new Map(picks.map((pick) => [pick.capture_id, pick.arm]));
  return (capture) => arms.get(capture);
};

function head(round) {
  const began = new Date(round.created_at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  element("title").textContent = `Round of ${began}`;
  const { boxes: most, seconds } = round.config, spent = picks.reduce((sum, { terms }) => sum + terms.seconds, 0);
  const budget = most ? `${round.boxes} of ${counted(most, "box", "boxes")}` : `${round.boxes} boxes, ${minutes(spent)} of ${minutes(seconds)}`;
  element("summary").textContent = `${counted(picks.length, "photo")} out of ${round.pool_size}, ${budget}; ${states(round.tasks)}; model ${round.model_version}, by ${round.by}`;
  const notes = round.notes ?? [];
  element("notes").hidden = !notes.length;
  element("notes").textContent = notes.map(sentence).join(" ");
  const used = Object.keys(ARMS).filter((one) => round.arms[one]);
  element("arms").replaceChildren(...used.map((one) => {
    const button = make("button", { type: "button", className: "plain", title: ARMS[one][1], dataset: { arm: one } }, mark(one), ` ${armName(one)} `, make("b", {}, String(round.arms[one])));
    button.addEventListener("click", () => onlyArm(one));
    return button;
  }));
}

const minutes = (seconds) => `${Math.round(seconds / 6) / 10} min`;
const states = (tasks) => Object.entries(tasks).map(([state, count]) => `${count} ${state}`).join(", ");

// --- the grid ---

function card(pick, row) {
  const button = make("button", { type: "button", className: "cluster" },
    make("span", { className: "thumb" }, picture(photo(pick, 320), `Pick ${pick.rank}`), strokes(pick.terms, scale)),
    make("span", { className: "row between" }, make("span", { className: "row" }, make("b", {}, String(pick.rank)), tag(pick.arm)), make("small", { dataset: { state: pick.task_state } }, pick.task_state)),
    make("span", { className: "why" }, sentence(pick.reason)));
  button.addEventListener("click", () => (row === at && !closer.open ? open() : look(row)));
  button.addEventListener("pointerenter", () => map.look(pick.capture_id));
  button.addEventListener("pointerleave", () => map.look(picks[at]?.capture_id));
  return make("li", {}, button);
}

function look(row, scroll = true) {
  if (!picks[row]) return;
  list.children[at]?.firstChild.removeAttribute("aria-current");
  at = row;
  const pick = picks[at], button = list.children[at].firstChild;
  button.setAttribute("aria-current", "true");
  if (scroll) list.children[at].scrollIntoView({ block: "nearest" });
  map.look(pick.capture_id);
  element("pick").hidden = false;
  element("place").replaceChildren(`Pick ${pick.rank} `, tag(pick.arm));
  element("why").textContent = sentence(pick.reason);
  element("terms").replaceChildren(...termRows(pick.terms, scale));
  element("task").textContent = [`Its task is ${pick.task_state}`, pick.recipe && `recipe ${named(pick.recipe)}`].filter(Boolean).join(", ");
  if (closer.open) showCloser();
}

const named = (name) => name.replaceAll("_", " ");
const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}${text.endsWith(".") ? "" : "."}`;

function filter() {
  let count = 0;
  picks.forEach((pick, row) => {
    list.children[row].hidden = !shown(pick);
    count += shown(pick);
  });
  for (const button of element("arms").children) button.setAttribute("aria-pressed", arm === button.dataset.arm);
  element("showing").textContent = count < picks.length ? `${count} of ${picks.length}${cell ? `: ${coverage.words(cell)}` : ""}` : "";
  element("all").hidden = count === picks.length;
  const wanted = new Set(picks.filter(shown).map((pick) => pick.capture_id));
  map.filter((capture) => wanted.has(capture));
  if (picks[at] && !shown(picks[at])) look(picks.findIndex(shown), false);
}

function onlyArm(wanted) {
  arm = arm === wanted ? null : wanted;
  filter();
}

function everything() {
  [arm, cell] = [null, null];
  coverage.release();
  filter();
  see(view);
}

function go(by) {
  const rows = picks.map((_, row) => row).filter((row) => shown(picks[row])), here = rows.indexOf(at);
  if (!rows.length) return;
  look(rows[Math.max(0, Math.min(rows.length - 1, here + by))]);
}

const columns = () => getComputedStyle(list).gridTemplateColumns.split(" ").length;

// --- one pick, large ---

function open() {
  if (!picks[at]) return;
  if (!closer.open) closer.showModal();
  showCloser();
}

function showCloser() {
  const pick = picks[at];
  element("closer-place").replaceChildren(`Pick ${pick.rank} of ${picks.length} `, tag(pick.arm));
  element("closer-photo").replaceChildren(picture(`/v1/captures/${pick.capture_id}/overlay`, "The photo with what the model saw in it"));
  element("closer-why").textContent = sentence(pick.reason);
  element("closer-terms").replaceChildren(...termRows(pick.terms, scale, true));
  const facts = [["Task", pick.task_state], ["Capture", pick.capture_id]];
  if (pick.recipe) facts.unshift(["Recipe", named(pick.recipe)]);
  if (pick.propensity !== null) facts.unshift(["Chance to be drawn", `${(100 * pick.propensity).toPrecision(2)} %`]);
  element("closer-facts").replaceChildren(...facts.flatMap(([word, said]) => [make("dt", {}, word), make("dd", {}, said)]));
}

// --- map, coverage, replay ---

const colours = (name) => {
  const dot = document.querySelector(`#legend .of-${name}`), shape = document.querySelector(`#arms [data-arm="${name}"] .mark`);
  if (dot ?? shape) return getComputedStyle(dot ?? shape, dot && "::before").backgroundColor;
  return getComputedStyle(document.querySelector(".map"))[name === "card" ? "backgroundColor" : "color"];
};

const map = poolMap(element("map"), {
  colourOf: colours,
  pointed: (capture) => {
    list.querySelector(".under")?.classList.remove("under");
    const row = picks.findIndex((pick) => pick.capture_id === capture);
    list.children[row]?.firstChild.classList.add("under");
  },
  chosen: (capture) => {
    see("pictures");
    look(picks.findIndex((pick) => pick.capture_id === capture));
  },
});

const coverage = coverageTable(() => `/v1/rounds/${id}/coverage`, (chosen) => {
  cell = chosen;
  filter();
  see(view);
});

// The coverage has the pictures of the cell that was pressed below it.
function see(what) {
  view = what;
  element("coverage").hidden = view !== "coverage";
  element("pictures").hidden = view === "coverage" && !cell;
  for (const one of ["pictures", "coverage"]) element(`see-${one}`).setAttribute("aria-pressed", one === view);
}

const inCoverage = () => view === "coverage" && !closer.open && (!cell || element("coverage-table").contains(document.activeElement));

async function replay() {
  element("replayed").textContent = "Picking again…";
  try {
    element("replayed").textContent = (await (await send("POST", `/v1/rounds/${id}/replay`)).json()).explanation;
  } catch (problem) {
    element("replayed").textContent = "";
    fail(problem);
  }
}

const arms = Object.fromEntries(Object.keys(ARMS).map((one, place) => [place + 1, () => element("arms").querySelector(`[data-arm="${one}"]`) && onlyArm(one)]));
onKeys({
  ...arms,
  0: everything,
  ArrowLeft: () => (inCoverage() ? coverage.go(0, -1) : go(-1)),
  ArrowRight: () => (inCoverage() ? coverage.go(0, 1) : go(1)),
  ArrowUp: () => (inCoverage() ? coverage.go(-1, 0) : go(-columns())),
  ArrowDown: () => (inCoverage() ? coverage.go(1, 0) : go(columns())),
  Enter: () => inCoverage() || open(),
  c: () => see(view === "coverage" ? "pictures" : "coverage"),
  f: coverage.nextFormat,
  u: coverage.up,
}, () => picks.length > 0);
element("see-pictures").addEventListener("click", () => see("pictures"));
element("see-coverage").addEventListener("click", () => see("coverage"));
element("all").addEventListener("click", everything);
element("open").addEventListener("click", open);
element("replay").addEventListener("click", replay);
onKeyChange(load);
load();
