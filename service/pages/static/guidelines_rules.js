// The rules of a version, each with its examples and counter-examples.

import { counted, element, make } from "./elements.js";
import { cropUrl } from "./guidelines_crops.js";
import { writing } from "./guidelines_writing.js";
import { picture, read } from "./service.js";

const GROUPS = {
  presence: "What is drawn", edges: "Where edges lie", kind: "What kind of box it is", category: "Which category it is",
  product: "Which product it is", ignore: "What is ignored", occluded: "What is hidden", truncated: "What is cut", verdict: "Verdicts",
};
const select = element("version");
const family = ({ boundary }) => boundary.split(":")[0];
const titled = (id) => `${id.charAt(0).toUpperCase()}${id.slice(1)}`.replaceAll("-", " ").replace(/\bgtin\b/i, "GTIN");

let inForce = 0, mayChange = false;

// Reads which versions there are, and returns whether the reader may change the guideline.
export async function chooseVersions(changed) {
  const answer = await read("/v1/guidelines");
  [inForce, mayChange] = [answer.in_force, answer.may_change];
  select.replaceChildren(...answer.versions.map(({ version, in_force_since }) =>
    make("option", { value: version, selected: version === inForce },
      `${version}${version === inForce ? ", in force" : in_force_since ? "" : ", draft"}`)));
  select.onchange = changed;
  return mayChange;
}

export const rules = {
  async load() {
    const guideline = await read(`/v1/guidelines/${select.value || "in-force"}`);
    const order = Object.keys(GROUPS);
    const sorted = [...guideline.rules].sort((one, other) => order.indexOf(family(one)) - order.indexOf(family(other)));
    const always = { title: "Always, and when not to label", small: "", guideline };
    return {
      items: [always, ...sorted.map((rule) => ({ title: titled(rule.id), small: rule.kinds.join(", "), group: GROUPS[family(rule)], rule, guideline }))],
      summary: `${counted(guideline.rules.length, "rule")}. ${guideline.note}`,
    };
  },
  show({ rule, guideline }, again) {
    return rule ? showRule(rule, guideline, again) : showAlways(guideline);
  },
};

function showAlways(guideline) {
  const lines = (title, texts) => make("section", { className: "card" }, make("h2", {}, title),
    make("ul", { className: "reasons" }, ...texts.map((text) => make("li", {}, text))));
  return [
    make("h1", { id: "about" }, "Always"), make("p", { className: "rule-text" }, guideline.text),
    make("div", { className: "cases" }, lines("When to skip", guideline.when_to_skip), lines("When to ask an expert", guideline.when_to_escalate)),
  ];
}

function showRule(rule, guideline, again) {
  const about = [...rule.kinds, ...rule.flags.map((flag) => `flagged ${flag}`), ...rule.categories.map((category) => `in ${category}`)];
  return [
    make("h1", { id: "about" }, titled(rule.id)),
    make("p", { className: "rule-text" }, rule.text),
    make("ul", { className: "tagged" }, ...about.map((word) => make("li", {}, word))),
    make("div", { className: "cases" }, cases("Examples", rule.examples), cases("Counter-examples", rule.counter_examples)),
    mayChange && guideline.version === inForce ? writing("Change this rule", rule.text, (text) => ({ ...rule, text }), again) : null,
  ];
}

function cases(title, examples) {
  const shown = examples.map((example) => make("figure", { className: "case" },
    example.capture_id ? picture(cropUrl(example), example.text) : null, make("figcaption", {}, example.text)));
  return shown.length ? make("section", { className: "card" }, make("h2", {}, title), ...shown) : null;
}
