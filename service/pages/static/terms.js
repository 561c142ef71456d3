// The terms of a pick: numbers, and bars beside them that compare the picks of one round.

import { make } from "./elements.js";

const FACTORS = {
  uncertainty: "how unsure the model is of what it sees",
  redundancy: "how much of that is not the same look again",
  difficulty: "how hard the model finds its classes, 1 is average",
  novelty: "more than 1 where its products have few labels",
  drift: "how much more often its condition is seen than labelled",
  flip: "more than 1 where a verdict is likely to turn out otherwise",
  cost: "one over what labelling it costs",
};
const FACTS = {
  value: "all of these together, without the cost",
  value_rank: "share of the pool that is worth less",
  gain: "gain when it was picked",
  similarity: "likeness to what was labelled or picked before",
  diversity: "distance to what was labelled or picked before",
  typicality: "how near the middle of its cluster it is",
  cluster_share: "share of the pool in its cluster",
  boxes: "predicted boxes",
  seconds: "predicted seconds of labelling",
};

const number = (value) => (Number.isInteger(value) ? String(value) : value.toPrecision(Math.abs(value) < 0.1 ? 2 : 3));

// For each factor its largest value among some picks; those that are 1 for all of them are off and left out.
export function scaleOf(picks) {
  const scale = {};
  for (const name of Object.keys(FACTORS)) {
    const values = picks.map(({ terms }) => terms[name]).filter((value) => value !== undefined);
    if (values.some((value) => Math.abs(value - 1) > 1e-6)) scale[name] = Math.max(...values, 1e-9);
  }
  return scale;
}

const share = (value, largest) => `${Math.round(100 * Math.max(0, Math.min(1, value / largest)))}%`;

function bar(value, largest) {
  const made = make("span", { className: "bar-of", ariaHidden: "true" }, make("span"));
  made.firstChild.style.width = share(value, largest);
  return made;
}

// A few strokes for a card: their lengths are the factors.
export function strokes(terms, scale) {
  const shown = Object.keys(scale).filter((name) => terms[name] !== undefined);
  const title = shown.map((name) => `${name} ${number(terms[name])}`).join(" · ");
  return make("span", { className: "strokes", title, ariaHidden: "true" }, ...shown.map((name) => {
    const stroke = make("span");
    stroke.style.height = share(terms[name], scale[name]);
    return stroke;
  }));
}

// All numbers of a pick as rows of a table: what multiplies its value first, with bars, then the rest.
export function termRows(terms, scale, told = false) {
  const factors = Object.keys(scale).filter((name) => terms[name] !== undefined);
  const others = Object.keys(terms).filter((name) => !(name in FACTORS));
  return [
    ...factors.map((name) => row(name, FACTORS[name], told, terms[name], bar(terms[name], scale[name]))),
    ...others.map((name) => row(name.replaceAll("_", " "), FACTS[name] ?? "", told, terms[name], null)),
  ];
}

function row(name, about, told, value, beside) {
  const head = make("th", { scope: "row" }, name, told ? make("small", {}, about) : null);
  return make("tr", { title: told ? "" : about }, head, make("td", {}, number(value)), make("td", {}, beside));
}
