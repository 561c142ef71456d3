// "Drift": which cameras' photos changed, what moved, and pictures of before and now.

import { counted, element, fail, make, say } from "./elements.js";
import { onKeys } from "./keyboard.js";
import { onKeyChange, picture, read } from "./service.js";

const WIDE = 640; // pixels of a picture
const NAMES = {
  luminance: "Brightness", clipped: "White pixels", temperature: "Colour of the light", gradient: "Unevenness of its colour",
  confidence: "Confidence", unknown: "Unknown products", gaps: "Gaps", look: "Look of the photos",
};
const WRITTEN = {
  luminance: (value) => value.toFixed(3), clipped: percent, temperature: (value) => `${Math.round(value)} K`,
  gradient: (value) => value.toFixed(2), confidence: (value) => value.toFixed(2), unknown: percent, gaps: percent,
};
const STATES = { drifted: "Moved", calm: "Calm", undecided: "Too early to tell" };

let answer = { scopes: [] };
let at = 0;

function percent(part) {
  return `${(100 * part).toFixed(1)} %`;
}

const state = (scope) => (scope.drifted ? "drifted" : scope.undecided ? "undecided" : "calm");
const named = (scope) => (scope.camera_id ? `${scope.camera_id}` : `All of ${scope.store_id}`);
const day = (time) => new Date(time).toLocaleDateString(undefined, { day: "numeric", month: "long", year: "numeric" });
const moved = (scope) => scope.signals.filter((signal) => signal.moved);
const sentence = (words) => words.charAt(0).toUpperCase() + words.slice(1);

async function load() {
  try {
    answer = await read("/v1/drift");
  } catch (problem) {
    element("summary").textContent = "";
    return fail(problem);
  }
  say("");
  const order = Object.keys(STATES);
  answer.scopes.sort((one, other) => order.indexOf(state(one)) - order.indexOf(state(other)));
  at = Math.min(at, Math.max(0, answer.scopes.length - 1));
  show();
}

function show() {
  const cameras = answer.scopes.filter(({ camera_id }) => camera_id), drifted = cameras.filter((scope) => scope.drifted);
  element("summary").textContent = cameras.length
    ? `${counted(drifted.length, "camera")} of ${cameras.length} moved. Last look: ${day(answer.looked_at)}.` : "";
  element("scopes").replaceChildren(...answer.scopes.map(line));
  element("none").replaceChildren(...calm());
  element("none").hidden = answer.scopes.some((scope) => scope.drifted);
  if (answer.scopes.length) look(at);
  else element("scope").hidden = true;
}

function calm() {
  return answer.scopes.length
    ? [make("strong", {}, "Nothing moved."), "Every camera's newest photos look like those before, as far as can be told."]
    : [make("strong", {}, "Nothing to compare yet."), "A worker looks at each camera as its photos come."];
}

function line(scope, place) {
  const button = make("button", { type: "button", className: "scope-of", dataset: { state: state(scope) } },
    make("span", {}, named(scope)), make("small", {}, scope.camera_id ? scope.store_id : "every camera"),
    make("b", {}, STATES[state(scope)]));
  button.addEventListener("click", () => look(place));
  return make("li", {}, button);
}

function look(place) {
  at = place;
  const scope = answer.scopes[at], buttons = element("scopes").querySelectorAll("button");
  for (const button of buttons) button.removeAttribute("aria-current");
  buttons[at].setAttribute("aria-current", "true");
  buttons[at].scrollIntoView({ block: "nearest" });
  element("scope").hidden = false;
  element("about").textContent = named(scope);
  element("told").textContent = told(scope);
  showEffects(scope);
  element("pairs").replaceChildren(...scope.pairs.map(pair));
  element("measured").hidden = !scope.signals.length;
  element("signals").replaceChildren(...scope.signals.map(row));
  element("reference").textContent = reference(scope);
}

function told(scope) {
  if (scope.undecided) return `${sentence(scope.undecided)}.`;
  if (!scope.drifted) return "Its newest photos look like those before.";
  return `Since ${day(scope.since)}: ${moved(scope).map(({ words }) => words).join("; ")}.`;
}

function showEffects(scope) {
  element("effects").hidden = !scope.drifted;
  const strata = scope.strata.map((stratum) => `${stratum} (× ${answer.quotas[stratum]})`).join(", ");
  element("quotas").textContent = strata ? `The next round may pick more of ${strata}.` : "";
  element("retraining").textContent = scope.retraining_advised
    ? `It has lasted for ${counted(scope.lasting_captures, "capture")}: a retraining is advised.`
    : "A retraining is advised once it has lasted.";
}

function pair({ bay_id, before, now }) {
  const side = (id, title) => make("figure", { className: "side" },
    make("figcaption", {}, title), picture(`/v1/captures/${id}/photo?width=${WIDE}`, `${bay_id}, ${title.toLowerCase()}`));
  return make("section", { className: "card pair" },
    make("h2", {}, `Bay ${bay_id}`), make("div", { className: "sides" }, side(before, "Before"), side(now, "Now")));
}

function row(signal) {
  const written = (value) => (value === null ? "–" : WRITTEN[signal.signal](value));
  const cells = [written(signal.before), written(signal.now), signal.distance.toFixed(2), signal.p.toFixed(3)];
  return make("tr", { className: signal.moved ? "moved" : "" }, make("th", { scope: "row" }, NAMES[signal.signal]),
    ...cells.map((said) => make("td", {}, said)));
}

function reference(scope) {
  const until = scope.reference_until ? ` (until ${day(scope.reference_until)})` : "";
  const what = scope.reference === "snapshot" ? "what this camera saw until the training set was frozen" : "its first photos";
  return `Compared with ${what}${until}, bay by bay. p: how often chance alone makes any signal stand out as much.`;
}

const go = (down) => answer.scopes[at + down] && look(at + down);
onKeys({ ArrowUp: () => go(-1), ArrowDown: () => go(1) }, () => answer.scopes.length > 0);
onKeyChange(load);
load();
