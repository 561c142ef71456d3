// What a round's picks were worth against random ones: a sentence, and both learning curves.

import { fail, make } from "./elements.js";
import { read } from "./service.js";

const WIDTH = 320, HEIGHT = 190, LEFT = 40, RIGHT = 88, TOP = 12, BOTTOM = 34;
const VIEWS = { of_round: ["This round", "on top of what was picked before"], so_far: ["All rounds", "the picks of all rounds until this one"] };
const percent = (part) => `${Math.round(100 * part)} %`;

export async function showSaving(section, roundId) {
  let answer;
  try {
    answer = await read(`/v1/rounds/${roundId}/saving`);
  } catch (problem) {
    return fail(problem);
  }
  section.hidden = false;
  const first = !answer.of_round || JSON.stringify(answer.of_round) === JSON.stringify(answer.so_far);
  if (first) return fill(section, answer.of_round, answer.sentence);
  look(section, answer, "of_round");
}

function look(section, answer, view) {
  const buttons = Object.entries(VIEWS).map(([name, [word, title]]) => {
    const button = make("button", { type: "button", className: "plain", title, dataset: { view: name } }, word);
    button.setAttribute("aria-pressed", name === view);
    button.addEventListener("click", () => {
      look(section, answer, name);
      section.querySelector(`[data-view="${name}"]`).focus();
    });
    return button;
  });
  fill(section, answer[view], answer[view].sentence, make("p", { className: "row" }, ...buttons));
}

function fill(section, figures, sentence, ...more) {
  const heading = make("h2", {}, "Labels saved, measured");
  const curves = figures?.curve.length ? curvesOf(figures, sentence) : null;
  section.replaceChildren(heading, ...more, ...[curves].filter(Boolean), make("p", { className: "quiet", role: "status" }, sentence));
}

// --- the curves ---

function draw(tag, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function curvesOf({ curve, saved, verdict }, sentence) {
  const scores = curve.flatMap(({ picked, random }) => [picked, random]);
  const top = Math.min(1, Math.ceil(10 * Math.max(...scores)) / 10), bottom = Math.max(0, Math.floor(10 * Math.min(...scores)) / 10);
  const most = curve.at(-1).boxes;
  const x = (boxes) => LEFT + (boxes / most) * (WIDTH - LEFT - RIGHT);
  const y = (score) => HEIGHT - BOTTOM - ((score - bottom) / (top - bottom || 1)) * (HEIGHT - BOTTOM - TOP);
  const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "learning", role: "img", "aria-label": sentence });
  for (const score of [bottom, (bottom + top) / 2, top]) {
    svg.append(draw("path", { class: "grid", d: `M${LEFT} ${y(score)}H${WIDTH - RIGHT}` }));
    svg.append(draw("text", { x: LEFT - 5, y: y(score) + 4, "text-anchor": "end" }, percent(score)));
  }
  for (const boxes of [0, most / 2, most]) svg.append(draw("text", { x: x(boxes), y: HEIGHT - BOTTOM + 15, "text-anchor": "middle" }, Math.round(boxes)));
  svg.append(draw("text", { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 4, "text-anchor": "middle" }, "boxes labelled"));
  if (saved && verdict === "advantage") svg.append(...gap(saved, x, y));
  for (const arm of ["random", "picked"]) {
    svg.append(draw("polyline", { class: arm, points: curve.map((point) => `${x(point.boxes)},${y(point[arm])}`).join(" ") }));
  }
  svg.append(...ends(curve.at(-1), y));
  return svg;
}

// Names of both curves at their ends, apart even where these meet.
function ends(last, y) {
  const order = last.picked >= last.random ? ["picked", "random"] : ["random", "picked"];
  const [upper, lower] = order.map((arm) => y(last[arm]) + 4);
  const push = Math.max(0, 13 - (lower - upper)) / 2;
  return order.map((arm, place) =>
    draw("text", { class: arm, x: WIDTH - RIGHT + 6, y: place ? lower + push : upper - push }, `${arm} ${percent(last[arm])}`));
}

// From one curve to the other, at the score that both reach.
function gap({ score, picked_boxes: picked, random_boxes: random, share }, x, y) {
  return [
    draw("path", { class: "gap", d: `M${x(picked)} ${y(score)}H${x(random)}` }),
    draw("text", { class: "gap", x: x(random) - 2, y: y(score) - 5, "text-anchor": "end" }, `−${percent(share)} boxes`),
  ];
}
