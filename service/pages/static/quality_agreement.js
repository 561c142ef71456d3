// How alike people label what several of them labelled, and what they take for each other.

import { counted, element, make } from "./elements.js";
import { read } from "./service.js";

const rounded = (number) => (number === null ? "–" : number.toFixed(2));

export async function loadAgreement() {
  const answer = await read("/v1/agreement");
  const tasks = counted(answer.tasks, "task"), people = counted(answer.annotators, "annotator");
  element("summary").textContent = answer.tasks ? `${tasks} labelled by several of ${people} in the last 90 days.` : "";
  element("none").hidden = answer.tasks > 0;
  element("none").replaceChildren(make("strong", {}, "Nothing was labelled twice yet."), "A share of the tasks is, without anybody knowing which.");
  element("agreement").hidden = !answer.tasks;
  const coarse = answer.boundaries.filter(({ boundary }) => !boundary.startsWith("product:"));
  const fine = answer.boundaries.filter(({ boundary }) => boundary.startsWith("product:")).sort((one, other) => (one.alpha ?? 2) - (other.alpha ?? 2));
  element("agreement").replaceChildren(
    make("h1", {}, "Agreement"),
    make("p", { className: "said" }, "Krippendorff’s α: 1 is perfect, 0 is what chance would do. Below 0.67 a guideline rule is missing, or the labels are finer than people can see; where nearly all answers are one and the same, α says little and the share of same answers more."),
    table(["Boundary", "α", "", "95 %", "Same answers", "Decisions"], [...coarse, ...fine].map(line)),
    make("h2", {}, "Taken for each other most often"),
    table(["Boundary", "One", "The other", "Differed", "Agreed"], answer.confused.slice(0, 15).map(pair)),
  );
}

function table(heads, rows) {
  const head = make("thead", {}, make("tr", {}, ...heads.map((text) => make("th", { scope: "col" }, text))));
  return make("table", { className: "listed card" }, head, make("tbody", {}, ...rows));
}

function line({ boundary, alpha, low, high, observed, decisions }) {
  const bar = make("span", { className: "bar-of" }, Object.assign(make("span"), { style: `width: ${100 * Math.max(0, alpha ?? 0)}%` }));
  return make("tr", { className: alpha !== null && alpha < 0.67 ? "moved" : "" },
    make("th", { scope: "row" }, boundary), make("td", {}, rounded(alpha)), make("td", { className: "long" }, bar),
    make("td", { className: "quiet" }, low === null ? "" : `${rounded(low)} to ${rounded(high)}`),
    make("td", {}, observed === null ? "–" : `${(100 * observed).toFixed(1)} %`), make("td", {}, decisions));
}

function pair({ boundary, one, one_name, other, other_name, apart, together }) {
  return make("tr", {}, make("th", { scope: "row" }, boundary), make("td", {}, one_name ?? one), make("td", {}, other_name ?? other), make("td", {}, apart), make("td", {}, together));
}
