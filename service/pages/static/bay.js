// One bay: its photo and its planogram side by side, and how it kept the planogram over time.

import { drawPlan, emptyPlace, layOut, placeOf } from "./bay_plan.js";
import { element, fail, make, say } from "./elements.js";
import { onKeys } from "./keyboard.js";
import { onKeyChange, picture, read } from "./service.js";
import { countsList, inWords, legend, percent, signOf, VERDICTS, when } from "./verdicts.js";

const bay = decodeURIComponent(location.pathname.split("/").pop());
const plan = element("plan"), strip = element("history");

let compliances = []; // summaries, the oldest first
let earlier = null; // where the page before the first one begins
let capture = null; // the one that is shown, with its compliance
let positions = []; // of the compliance, or of the planogram alone
let shelves = []; // how they are laid out
let slots = []; // their buttons
let at = -1; // the position that is looked at
let overlay = null; // boxes over the photo
let latest = 0; // counts what was asked for, so that a slow answer cannot overwrite a newer one

// --- history ---

async function load() {
  element("title").textContent = `Bay ${bay}`;
  document.title = `Bay ${bay} · Shelfloop`;
  try {
    [compliances, earlier] = [[], null];
    await loadEarlier();
    const asked = new URLSearchParams(location.search).get("capture");
    if (compliances.length) await show(asked ?? compliances.at(-1).capture_id);
    else await showPlanned();
  } catch (problem) {
    fail(problem);
  }
}

async function loadEarlier() {
  const answer = await read(`/v1/bays/${encodeURIComponent(bay)}/compliance?limit=60${earlier ? `&after=${encodeURIComponent(earlier)}` : ""}`);
  compliances.unshift(...answer.compliances.reverse());
  earlier = answer.next;
  const more = make("button", { type: "button", className: "plain" }, "Earlier");
  more.addEventListener("click", () => loadEarlier().then(mark, fail));
  strip.replaceChildren(...(earlier ? [make("li", {}, more)] : []), ...compliances.map(cell));
  strip.hidden = !compliances.length;
}

function cell({ capture_id, taken_at, fits, rate, counts }) {
  const bar = make("span", {}, fits ? "" : "!");
  bar.style.height = `${100 * (fits ? rate ?? 0 : 1)}%`;
  const words = fits ? `${rate === null ? "nothing decided" : `${percent(rate)} correct`}: ${inWords(counts)}` : "does not look like this bay";
  const button = make("button", { type: "button", title: `${when(taken_at)}\n${words}`, ariaLabel: `${when(taken_at)}, ${words}`, dataset: { capture: capture_id, fits } }, bar);
  button.addEventListener("click", () => show(capture_id));
  return make("li", {}, button);
}

function mark() {
  for (const button of strip.querySelectorAll("[data-capture]")) button.setAttribute("aria-current", button.dataset.capture === capture?.id);
  strip.querySelector("[aria-current=true]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function travel(by) {
  const place = compliances.findIndex(({ capture_id }) => capture_id === capture?.id);
  const wanted = compliances[place + by];
  if (wanted) show(wanted.capture_id);
}

// --- one photo ---

async function show(id) {
  const turn = ++latest;
  try {
    const found = await read(`/v1/captures/${id}`);
    if (turn !== latest) return;
    if (found.bay_id !== bay) throw new Error(`The photo ${id} shows bay ${found.bay_id}.`);
    if (!found.compliance) throw new Error(found.unjudged?.message ?? "This photo was not judged.");
    capture = found;
  } catch (problem) {
    return fail(problem);
  }
  const { compliance } = capture;
  history.replaceState(null, "", `?${new URLSearchParams({ capture: id })}`);
  element("when").textContent = `${capture.store_id}, ${when(compliance.at)}`;
  element("counts").replaceChildren(...(compliance.fits ? [countsList(compliance.counts)] : []));
  say(compliance.message ?? "", compliance.fits ? "" : "wrong");
  for (const id of compliance.looks_like) element("message").append(" ", make("a", { href: `/bays/${id}` }, `Bay ${id}`));
  const planned = compliance.positions.map((position) => ({ ...position, verdict: null }));
  drawPlanogram(compliance.fits ? compliance.positions : planned, `${compliance.planogram_id}, version ${compliance.planogram_version}`);
  drawPhoto();
  listActions(compliance.actions);
  mark();
}

async function showPlanned() {
  const planogram = await read(`/v1/bays/${encodeURIComponent(bay)}/planogram`);
  drawPlanogram(planogram.positions.filter(({ state }) => state === "current"), `${planogram.planogram_id}, version ${planogram.version}`);
  element("photo").replaceChildren(make("p", { className: "none" }, "No photo of this bay was judged yet."));
  describe();
}

function drawPlanogram(those, title) {
  const before = positions[at]; // of another photo: the same place stays the one that is looked at
  positions = those;
  shelves = layOut(positions);
  const drawn = drawPlan(positions, shelves);
  slots = drawn.buttons;
  slots.forEach((slot, row) => {
    slot.addEventListener("pointerenter", () => look(row));
    slot.addEventListener("focus", () => look(row));
  });
  plan.replaceChildren(...drawn.rows);
  plan.style.setProperty("--shelves", shelves.length);
  element("planogram").textContent = title;
  at = before ? positions.findIndex(({ shelf, slot }) => shelf === before.shelf && slot === before.slot) : -1;
  if (slots.length) slots[Math.max(at, 0)].tabIndex = 0;
}

function drawPhoto() {
  const { id, width, height, detections, compliance } = capture;
  overlay = draw("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  if (compliance.fits) {
    positions.forEach((position, row) => {
      const box = position.in_view && !position.box && emptyPlace(row, positions, shelves);
      if (box) outline(box, { kind: "place", verdict: position.verdict, row }, () => look(row));
    });
    for (const facing of compliance.facings) {
      const { detection, verdict, gtin } = facing, row = rowOf(facing.position);
      if (detection === null) continue;
      outline(detections[detection].box, { kind: "facing", verdict, row, detection, gtin }, () => (row < 0 ? lookAtFacing(facing) : look(row)));
    }
  }
  const photo = picture(`/v1/captures/${id}/photo`, `Photo of bay ${bay}`);
  photo.style.aspectRatio = `${width} / ${height}`;
  element("photo").replaceChildren(make("div", { className: "frame" }, photo, overlay));
  if (at >= 0) look(at);
  else describe();
}

const rowOf = (place) => place ? positions.findIndex(({ shelf, slot }) => shelf === place.shelf && slot === place.slot) : -1;

function outline([x1, y1, x2, y2], about, pointedAt) {
  const measures = { x: x1, y: y1, width: x2 - x1, height: y2 - y1 };
  const group = draw("g", {});
  Object.assign(group.dataset, about);
  group.append(draw("rect", measures), draw("rect", { ...measures, class: "line" }));
  if (about.verdict !== "correct") {
    const sign = draw("text", { x: (x1 + x2) / 2, y: (y1 + y2) / 2, "font-size": Math.min(x2 - x1, y2 - y1) * 0.6 });
    sign.textContent = VERDICTS[about.verdict].sign;
    group.append(sign);
  }
  group.addEventListener("pointerenter", pointedAt);
  overlay.append(group);
}

function draw(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function listActions(actions) {
  element("todo").hidden = !actions.length;
  element("actions").replaceChildren(...actions.map(({ text, gtin, position }) => {
    const button = make("button", { type: "button" }, text), row = rowOf(position);
    // What belongs nowhere in the bay is pointed out on the photo alone.
    const point = () => (row < 0 ? emphasise(({ dataset }) => dataset.row === "-1" && dataset.gtin === String(gtin)) : look(row));
    button.addEventListener("pointerenter", point);
    button.addEventListener("focus", point);
    return make("li", {}, button);
  }));
}

// --- looking ---

function look(row) {
  at = row;
  slots.forEach((slot, place) => {
    slot.classList.toggle("at", place === row);
    slot.tabIndex = place === row ? 0 : -1;
  });
  emphasise(({ dataset }) => dataset.row === String(row));
  describe(positions[row]);
}

function lookAtFacing(facing) {
  slots.forEach((slot) => slot.classList.remove("at"));
  at = -1;
  emphasise(({ dataset }) => dataset.detection === String(facing.detection));
  const known = capture.compliance.facing_counts.find(({ gtin }) => gtin === facing.gtin);
  list("Facing", {
    Verdict: make("span", {}, signOf(facing.verdict), VERDICTS[facing.verdict].word),
    Product: facing.gtin ? known?.name ?? facing.gtin : "not known",
    ...(facing.gtin && { Named: percent(facing.probability) }),
    ...(facing.shelf && { Shelf: facing.shelf }),
  });
}

function emphasise(wanted) {
  if (!overlay) return;
  const groups = [...overlay.children];
  for (const group of groups) group.classList.toggle("at", wanted(group));
  overlay.classList.toggle("looking", groups.some((group) => group.classList.contains("at")));
}

function describe(position) {
  if (!position) return list("Position", {}, "Point at a product, or step with the arrow keys.");
  const { verdict, probability, chances, gtin, name, in_view, elsewhere } = position;
  const planned = position.wide * position.high;
  const others = verdict ? Object.entries(chances).filter(([other, chance]) => other !== verdict && chance >= 0.005) : [];
  list(placeOf(position), {
    ...(verdict && { Verdict: make("span", {}, signOf(verdict), VERDICTS[verdict].word) }),
    Product: name ?? gtin,
    GTIN: gtin,
    Facings: verdict ? `${position.facings_seen} of ${planned}` : planned,
    ...(verdict && elsewhere.length && { Elsewhere: elsewhere.length }),
    ...(verdict && verdict !== "undecided" && { Probability: percent(probability) }),
    ...(others.length && { [verdict === "undecided" ? "It may be" : "Else"]: others.sort((a, b) => b[1] - a[1]).map(([other, chance]) => `${VERDICTS[other].word} ${percent(chance)}`).join(", ") }),
    ...(verdict && !in_view && { Photo: "does not show this place" }),
  });
}

function list(title, facts, otherwise = "") {
  element("about").textContent = title;
  const rows = Object.entries(facts).flatMap(([fact, value]) => [make("dt", {}, fact), make("dd", {}, value)]);
  element("facts").replaceChildren(...(rows.length ? rows : [make("dd", { className: "quiet" }, otherwise)]));
}

// --- keys ---

const inOrder = () => shelves.flatMap((shelf) => shelf.slots.map(({ row }) => row));

function go(row) {
  look(row);
  slots[row].focus({ preventScroll: true });
  slots[row].scrollIntoView({ block: "nearest" });
}

function step(by, wanted = () => true) {
  const rows = inOrder().filter((row) => row === at || wanted(row)), place = rows.indexOf(at);
  if (rows.length) go(rows[place < 0 ? (by > 0 ? 0 : rows.length - 1) : (place + by + rows.length) % rows.length]);
}

// To the place nearest above or below.
function climb(by) {
  if (at < 0) return step(by);
  const from = shelves.findIndex((shelf) => shelf.slots.some(({ row }) => row === at));
  const middle = ({ left, width }) => left + width / 2;
  const here = middle(shelves[from].slots.find(({ row }) => row === at));
  const near = [...(shelves[from + by]?.slots ?? [])].sort((a, b) => Math.abs(middle(a) - here) - Math.abs(middle(b) - here));
  if (near.length) go(near[0].row);
}

const wrong = (row) => positions[row].verdict && positions[row].verdict !== "correct";
onKeys({
  ArrowRight: () => step(1),
  ArrowLeft: () => step(-1),
  ArrowDown: () => climb(1),
  ArrowUp: () => climb(-1),
  j: () => step(1, wrong),
  k: () => step(-1, wrong),
  "[": () => travel(-1),
  "]": () => travel(1),
  o: () => element("photo").classList.toggle("bare"),
}, () => positions.length);
onKeyChange(load);
legend("legend");
load();
