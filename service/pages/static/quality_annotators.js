// How right each annotator is on hidden gold, at each boundary and week by week.

import { counted, element, make } from "./elements.js";
import { read } from "./service.js";

const MAIN = "product"; // the boundary that the list shows
const WIDTH = 220, HEIGHT = 44; // of a line of weeks
let annotators = [];
let drifts = [];
let at = 0;

export async function loadAnnotators() {
  [annotators, drifts] = await Promise.all([read("/v1/annotators"), read("/v1/conventions")]);
  element("summary").textContent = `${counted(annotators.length, "annotator")} in the last 90 days.`;
  element("annotators").hidden = element("annotator").hidden = !annotators.length;
  element("none").hidden = annotators.length > 0;
  element("none").replaceChildren(make("strong", {}, "Nobody has labelled yet."));
  element("annotators").replaceChildren(...annotators.map(item));
  if (annotators.length) look(Math.min(at, annotators.length - 1));
}

export function stepAnnotator(by) {
  if (annotators.length) look(Math.max(0, Math.min(annotators.length - 1, at + by)));
}

const percent = (share) => (share === null ? "–" : `${(100 * share).toFixed(1)} %`);
const boundaryOf = (annotator, name) => annotator.boundaries.find(({ boundary }) => boundary === name);

function item(annotator, row) {
  const main = boundaryOf(annotator, MAIN);
  const button = make("button", { type: "button", className: "scope-of" },
    make("span", {}, annotator.name), make("small", {}, counted(annotator.labelled, "task")),
    make("b", {}, main ? percent(main.accuracy) : "no gold yet"));
  button.addEventListener("click", () => look(row));
  return make("li", {}, button);
}

function look(row) {
  at = row;
  [...element("annotators").children].forEach((one, place) => one.firstChild.setAttribute("aria-current", place === at));
  const annotator = annotators[at], own = drifts.filter((drift) => drift.annotator === annotator.id || drift.annotator === null);
  const heads = ["Boundary", "Right on gold", "95 %", "Answers", "Week by week"].map((head) => make("th", { scope: "col" }, head));
  const rows = annotator.boundaries.filter(({ boundary }) => !boundary.startsWith("product:")).map(line);
  const finer = annotator.boundaries.filter(({ boundary }) => boundary.startsWith("product:"))
    .sort((one, other) => one.accuracy - other.accuracy).slice(0, 8).map(line);
  element("annotator").replaceChildren(
    make("h1", {}, annotator.name),
    make("p", { className: "said" }, rows.length ? "Measured with tasks whose answer is known, hidden among the others." : "No hidden gold was labelled yet."),
    rows.length ? make("table", { className: "listed card" }, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows, ...finer)) : "",
    make("h2", {}, "Habits that changed in the last week"),
    make("ul", { className: "said" }, ...(own.length ? own.map(habit) : [make("li", {}, "None.")])),
  );
}

function line({ boundary, accuracy, low, high, answers, weeks }) {
  return make("tr", {},
    make("th", { scope: "row" }, boundary), make("td", {}, percent(accuracy)),
    make("td", { className: "quiet" }, `${percent(low)} to ${percent(high)}`), make("td", {}, answers), make("td", {}, trend(weeks)));
}

// A line through the weeks from 0 % at the bottom to 100 % at the top; a week's dot says its numbers.
function trend(weeks) {
  const namespace = "http://www.w3.org/2000/svg", graph = document.createElementNS(namespace, "svg");
  graph.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  graph.classList.add("trend");
  const x = (place) => (weeks.length < 2 ? WIDTH / 2 : 6 + (place * (WIDTH - 12)) / (weeks.length - 1));
  const y = ({ accuracy }) => HEIGHT - 6 - accuracy * (HEIGHT - 12);
  const path = document.createElementNS(namespace, "polyline");
  path.setAttribute("points", weeks.map((week, place) => `${x(place)},${y(week)}`).join(" "));
  graph.append(path, ...weeks.map((week, place) => {
    const dot = document.createElementNS(namespace, "circle"), title = document.createElementNS(namespace, "title");
    title.textContent = `week of ${week.week}: ${percent(week.accuracy)} of ${week.answers}`;
    dot.setAttribute("cx", x(place));
    dot.setAttribute("cy", y(week));
    dot.setAttribute("r", 3);
    dot.append(title);
    return dot;
  }));
  return graph;
}

function habit({ annotator, habit: name, answer, before, after }) {
  const who = annotator === null ? "Everybody" : "This annotator";
  const what = answer ? `says “${answer}” at ${name} for ${percent(after)} of boxes` : `draws boxes of ${after.toFixed(2)} times the ${name} that the model sees`;
  return make("li", {}, `${who} ${what}; before it was ${answer ? percent(before) : before.toFixed(2)}.`);
}
