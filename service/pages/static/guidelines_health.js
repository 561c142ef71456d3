// What makes the catalogue hard to label by.

import { counted, make } from "./elements.js";
import { crops } from "./guidelines_crops.js";
import { read } from "./service.js";

const ADVICE = { merge: "Merge", closer_photo: "Closer photo", rule: "Write a rule", more_labels: "Label more", wait: "Wait" };
const FAULTS = {
  two_leaves: "One product in two leaves", no_category: "No category", not_a_leaf: "Beside categories of its own", only_child: "A single category below",
  empty_leaf: "No product", split_family: "A family in two leaves", like_names: "Names alike",
};
const right = (share) => (share === null ? "not compared" : `${Math.round(100 * share)} % right`);
const pixels = (side) => (side === null ? "–" : `${Math.round(side)} px`);

export const health = {
  async load() {
    const answer = await read("/v1/catalogue/health");
    const confused = answer.confused.map((found) => ({
      title: `${found.one.name} / ${found.other.name}`, small: found.both ? "people and model" : found.by_people ? "people" : "the model",
      mark: ADVICE[found.advice], wrong: found.both, group: "Taken for each other", show: () => showConfused(found),
    }));
    const split = answer.split.map((found) => ({
      title: found.product.name, small: `${found.second} of ${counted(found.product.facings, "facing")} look otherwise`, mark: "Split", group: "Of two looks", show: () => showSplit(found),
    }));
    const tree = answer.tree.map((found) => ({
      title: FAULTS[found.fault] ?? found.fault, small: found.categories.join(", "), group: "In the category tree", show: () => showFault(found),
    }));
    return {
      items: [...confused, ...split, ...tree],
      summary: `${counted(answer.labelled, "labelled photo")}, ${counted(answer.compared, "task")} that several people labelled.`,
      none: ["Nothing to put right.", "Labels can be told apart as far as was seen, and the category tree is sound."],
    };
  },
  show: (item) => item.show(),
};

function facts(product, words) {
  return make("section", { className: "card" }, make("h2", {}, product.name), make("dl", { className: "facts" },
    ...[["Category", product.category], ["Labelled facings", product.facings], ["Shorter side, median", pixels(product.side)], ...words]
      .flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, `${value}`)])));
}

function showConfused(found) {
  return [
    make("h1", { id: "about" }, `${found.one.name} or ${found.other.name}?`),
    make("p", { className: "rule-text" }, found.why),
    make("p", { className: "said" }, `People: ${counted(found.by_people, "facing")} in dispute, ${right(found.people_right)}. The model: ${counted(found.by_model, "facing")} taken for the other, ${right(found.model_right)}.`),
    crops("As they are seen", found.crops),
    make("div", { className: "numbers" }, facts(found.one, []), facts(found.other, [])),
  ];
}

function showSplit(found) {
  return [
    make("h1", { id: "about" }, found.product.name), make("p", { className: "rule-text" }, found.why),
    crops("The most typical facing of each look", found.crops),
    facts(found.product, [["Of the rarer look", found.second], ["Looks in the catalogue", found.variants]]),
  ];
}

function showFault(found) {
  const lines = (title, words) => words.length ? make("section", { className: "card" }, make("h2", {}, title),
    make("ul", { className: "reasons" }, ...words.map((word) => make("li", {}, word)))) : null;
  return [
    make("h1", { id: "about" }, FAULTS[found.fault] ?? found.fault), make("p", { className: "rule-text" }, found.advice),
    lines("Categories", found.categories), lines("Products", found.products),
  ];
}
