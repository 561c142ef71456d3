// Reviews: a photo with what may be wrong in it. Suggestions are taken one by one; what is decided is sent at once.

import { counted, element, fail, make, say } from "./elements.js";
import { picture, read, send } from "./service.js";

const AT_ONCE = 5; // reviews of one lease
const WIDTH = 1600; // pixels of the photo that is shown
const MARGIN = 0.3;
const ERRORS = { overlooked: "overlooked", badly_located: "badly located", swapped: "swapped", disagreement: "disagreement" };
const svg = (tag, attributes) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
};

let held = []; // reviews in the reader's hands, the current one first
let token = "";
let at = 0; // the finding that is looked at
let taken = new Set(); // findings whose suggestion is taken
let decided = null; // the task of the last decision
let working = false;

export const reviewing = () => held.length > 0;

export async function loadReviews() {
  if (reviewing()) return look();
  const waiting = await read("/v1/reviews?state=queued&limit=60");
  element("summary").textContent = waiting.length ? `${counted(waiting.length, "annotation")} to look at a second time, the surest first.` : "";
  element("start").hidden = !waiting.length;
  element("none").hidden = waiting.length > 0;
  element("none").replaceChildren(make("strong", {}, "Nothing to review."), "What looks wrong, and what annotators disagree about, comes here by itself.");
  element("waiting").hidden = !waiting.length;
  element("waiting").replaceChildren(...waiting.map(card));
}

function card(review) {
  const crops = review.findings.slice(0, 4).map((finding) => picture(cropOf(review, finding)));
  const more = review.findings.length > 4 ? make("small", {}, `and ${review.findings.length - 4} more`) : null;
  const open = make("button", { type: "button", className: "cluster" },
    make("span", { className: "stack" }, ...crops),
    make("span", {}, sentence(review.reason)), make("small", {}, `${review.store_id} · ${review.bay_id} `, more));
  open.addEventListener("click", () => lease({ task_id: review.task_id }));
  return make("li", {}, open);
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}`;
const cropOf = (review, { box }) =>
  `/v1/captures/${review.capture_id}/crop?${new URLSearchParams({ x1: box[0], y1: box[1], x2: box[2], y2: box[3], margin: MARGIN })}`;

async function lease(wanted) {
  try {
    const answer = await (await send("POST", "/v1/reviews/lease", wanted)).json();
    [held, token] = [answer.reviews, answer.lease_token];
    if (!held.length) say("Somebody else took it, or it is of your own labels.");
  } catch (problem) {
    return fail(problem);
  }
  await next();
}

async function next() {
  [at, taken] = [0, new Set()];
  if (reviewing()) return look();
  for (const part of ["review", "photo"]) element(part).hidden = true;
  await loadReviews().catch(fail);
}

// --- one review ---

function look() {
  for (const part of ["waiting", "start", "none"]) element(part).hidden = true;
  for (const part of ["review", "photo"]) element(part).hidden = false;
  const [review] = held;
  element("summary").textContent = `${counted(held.length, "review")} in your hands.`;
  element("where").textContent = `${review.store_id} · ${review.bay_id}`;
  element("why").textContent = `${sentence(review.reason)}.`;
  element("findings").replaceChildren(...review.findings.map((finding, place) => row(review, finding, place)));
  const image = element("picture"), shown = picture(`/v1/captures/${review.capture_id}/photo?width=${WIDTH}`, "The photo");
  shown.id = "picture";
  image.replaceWith(shown);
  element("boxes").setAttribute("viewBox", `0 0 ${review.width} ${review.height}`);
  shown.style.aspectRatio = `${review.width} / ${review.height}`;
  draw();
  describe();
}

function row(review, finding, place) {
  const labelled = finding.place === null ? null : review.boxes[finding.place];
  const button = make("button", { type: "button", className: "finding" },
    picture(cropOf(review, finding), `Finding ${place + 1}`),
    make("span", {},
      make("b", {}, `${ERRORS[finding.error] ?? finding.error} `), make("small", {}, `${Math.round(100 * finding.probability)} %`),
      make("span", { className: "quiet" }, labelled ? `labelled: ${named(review, labelled)}` : "no box"),
      make("span", {}, suggestionOf(review, finding, labelled))));
  button.addEventListener("click", () => {
    point(place);
    toggle();
  });
  button.addEventListener("focus", () => point(place));
  return make("li", {}, button);
}

const named = (review, { kind, gtin }) => (gtin ? review.products[gtin] ?? gtin : kind);

function suggestionOf(review, { error, suggested }, labelled) {
  if (!labelled) return `add a box: ${named(review, suggested)}`;
  if (error === "badly_located") return "move its edges";
  return `make it ${named(review, suggested)}`;
}

function draw() {
  const [review] = held;
  const line = Math.max(2, review.width / 500);
  const boxes = review.boxes.map(({ box }) => rect(box, { class: "drawn", "stroke-width": line }));
  const finding = review.findings[at];
  const pointed = finding ? [rect(finding.box, { class: "pointed", "stroke-width": 3 * line }), rect(finding.suggested.box, { class: "suggested", "stroke-width": 2 * line, "stroke-dasharray": `${4 * line} ${3 * line}` })] : [];
  element("boxes").replaceChildren(...boxes, ...pointed);
}

const rect = ([x1, y1, x2, y2], attributes) => svg("rect", { x: x1, y: y1, width: x2 - x1, height: y2 - y1, ...attributes });

function describe() {
  [...element("findings").children].forEach((item, place) => {
    item.firstChild.setAttribute("aria-pressed", taken.has(place));
    item.classList.toggle("at", place === at);
  });
  element("decide").disabled = working;
  element("decide").textContent = taken.size ? `Correct ${counted(taken.size, "box", "boxes")}` : "Accept as labelled";
}

function point(place) {
  at = place;
  draw();
  describe();
}

function step(by) {
  const [{ findings }] = held;
  if (!findings.length) return;
  point((at + by + findings.length) % findings.length);
  element("findings").children[at].scrollIntoView({ block: "nearest" });
}

function toggle() {
  if (!held[0].findings.length) return;
  if (!taken.delete(at)) taken.add(at);
  describe();
}

// --- decisions ---

const plain = ({ kind, box, gtin, ignore = false, occluded = false, truncated = false }) => ({ kind, box, gtin, ignore, occluded, truncated });

function corrected({ boxes, findings }) {
  const result = boxes.map(plain);
  for (const place of taken) {
    const { error, place: of, suggested } = findings[place];
    if (of === null) result.push(plain(suggested));
    else if (error === "badly_located") result[of].box = suggested.box;
    else Object.assign(result[of], { kind: suggested.kind, gtin: suggested.gtin });
  }
  return result;
}

async function decide(body, said) {
  if (working) return;
  working = true;
  describe();
  const [review] = held;
  try {
    await send("POST", `/v1/tasks/${review.task_id}/review`, { lease_token: token, ...body });
    say(said);
    decided = review.task_id;
    held.shift();
  } catch (problem) {
    fail(problem);
    if (["lease-expired", "annotation-overtaken"].includes(problem.code)) held.shift();
  }
  working = false;
  await next();
}

const accept = () => (taken.size
  ? decide({ decision: "correct", boxes: corrected(held[0]) }, `${counted(taken.size, "box", "boxes")} corrected.`)
  : decide({ decision: "accept" }, "Accepted as labelled."));

function askBack() {
  element("note-of").hidden = false;
  element("note").focus();
}

function sendBack() {
  const note = element("note").value.trim();
  element("note-of").hidden = true;
  element("note").value = "";
  element("note").blur();
  return decide({ decision: "send_back", note: note || null }, "Sent back to the queue.");
}

async function release() {
  const [review] = held;
  try {
    await send("POST", `/v1/tasks/${review.task_id}/review/release`, { lease_token: token });
    say("Left to others.");
  } catch (problem) {
    fail(problem);
  }
  held.shift();
  await next();
}

async function makeGold() {
  if (!decided) return;
  try {
    await send("POST", "/v1/gold", { task_id: decided });
    say("The last one is gold now: copies of it are hidden among tasks.");
  } catch (problem) {
    fail(problem);
  }
}

element("start").addEventListener("click", () => lease({ count: AT_ONCE }));
element("decide").addEventListener("click", accept);
element("send-back").addEventListener("click", askBack);
element("release").addEventListener("click", release);
element("note").addEventListener("keydown", ({ key }) => {
  if (key === "Enter") sendBack();
  if (key === "Escape") element("note-of").hidden = true;
});

export const reviewKeys = {
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  " ": toggle,
  Enter: accept,
  b: askBack,
  r: release,
  g: makeGold,
};
