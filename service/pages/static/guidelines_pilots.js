// Pilots: a small batch that several people label before the whole team begins.

import { counted, fail, make, say } from "./elements.js";
import { read, send } from "./service.js";

const WORDS = { go: "Go", no_go: "No-go" };
const written = (share) => (share === null ? "–" : share.toFixed(2));

export const pilots = {
  async load() {
    const found = await read("/v1/pilots");
    return {
      items: [...found.map((pilot) => ({
        title: pilot.name, small: pilot.verdict ? `${counted(pilot.task_ids.length, "task")}, ended` : `${pilot.given} of ${pilot.wanted} answers`,
        mark: WORDS[pilot.verdict] ?? "", wrong: pilot.verdict === "no_go", pilot,
      })), { title: "Start a pilot", small: "before a product family or a draft goes to everybody" }],
      summary: found.length ? "" : "No pilot yet.",
    };
  },
  show: ({ pilot }, again) => (pilot ? showPilot(pilot, again) : [start(again)]),
};

function showPilot(pilot, again) {
  const { result } = pilot;
  const end = make("button", { type: "button", className: "button", disabled: !result }, pilot.given < pilot.wanted ? "End it early" : "End it");
  end.addEventListener("click", async () => {
    await send("POST", `/v1/pilots/${pilot.id}/decide`, { early: true }).catch(fail);
    again();
  });
  return [
    make("h1", { id: "about" }, pilot.name),
    make("p", { className: "said" }, `${counted(pilot.task_ids.length, "task")}, ${pilot.annotators} people each, by version ${pilot.guideline_version} of the guideline. ${pilot.given < pilot.wanted ? `${pilot.given} of ${pilot.wanted}` : pilot.given} answers are there.`),
    result ? verdict(result, pilot.verdict !== null) : make("p", { className: "quiet" }, "Nothing can be said yet: at least two tasks have to be labelled by two people."),
    result ? agreement(result.agreement) : null,
    pilot.verdict ? null : make("p", { className: "row" }, end),
  ];
}

function verdict(result, decided) {
  return make("section", { className: "card" },
    make("p", { className: "verdict-of", dataset: { verdictOf: result.verdict } }, decided ? `${WORDS[result.verdict]}.` : `It would be a ${WORDS[result.verdict].toLowerCase()}.`),
    make("ul", { className: "reasons" }, ...result.reasons.map((reason) => make("li", {}, reason))));
}

function agreement(boundaries) {
  const told = boundaries.filter(({ units }) => units);
  const heads = ["Boundary", "Decisions", "Same answers", "α", "95 % interval"].map((name) => make("th", { scope: "col" }, name));
  const rows = told.map(({ boundary, units, observed, alpha, low, high }) => make("tr", {}, make("th", { scope: "row" }, boundary),
    ...[units, written(observed), written(alpha), low === null ? "–" : `${written(low)} – ${written(high)}`].map((word) => make("td", {}, `${word}`))));
  return make("section", { className: "card" }, make("h2", {}, "Agreement"),
    make("table", { className: "listed" }, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows)));
}

function start(again) {
  const field = (name, label, properties) => make("label", {}, label, make("input", { name, ...properties }));
  const form = make("form", { className: "card writing" }, make("h1", { id: "about" }, "Start a pilot"),
    make("p", { className: "said" }, "The first tasks that wait go to several people each, ahead of others; nobody is told which they are."),
    field("name", "What is tried", { required: true, maxLength: 200, placeholder: "Waters, new designs" }),
    field("category", "Category of the products (empty: any)", { placeholder: "drinks/water" }),
    field("guideline_version", "Version of the guideline (empty: the one in force)", { inputMode: "numeric", pattern: "[0-9]*" }),
    field("tasks", "Tasks", { type: "number", value: 20, min: 2, max: 200 }),
    field("annotators", "People for each", { type: "number", value: 3, min: 2, max: 10 }),
    make("div", { className: "row" }, make("button", { type: "submit", className: "button" }, "Start")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = Object.fromEntries([...new FormData(form)].filter(([, value]) => value));
    for (const name of ["tasks", "annotators", "guideline_version"]) if (given[name]) given[name] = Number(given[name]);
    try {
      const pilot = await (await send("POST", "/v1/pilots", given)).json();
      say(`${counted(pilot.task_ids.length, "task")} wait for ${pilot.annotators} people each.`);
      again();
    } catch (problem) {
      fail(problem);
    }
  });
  return form;
}
