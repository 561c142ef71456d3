// The words, letters and order of verdicts; their colours are in shelfloop.css.

import { element, make } from "./elements.js";

export const VERDICTS = {
  correct: { word: "correct", sign: "✓" },
  wrong_position: { word: "wrong position", sign: "↔" },
  wrong_shelf: { word: "wrong shelf", sign: "↕" },
  out_of_stock: { word: "out of stock", sign: "∅" },
  unexpected: { word: "unexpected", sign: "+" },
  undecided: { word: "undecided", sign: "?" },
};

export const percent = (share) => `${Math.round(100 * share)} %`;

export const signOf = (verdict) => make("i", { className: "sign", dataset: { verdict }, ariaHidden: "true" }, VERDICTS[verdict].sign);

// A list of what there is, such as "✓ 12 correct, ∅ 1 out of stock"; a short one leaves the words to those who point at it.
export function countsList(counts, short = false) {
  const there = Object.entries(VERDICTS).filter(([verdict]) => counts[verdict]);
  return make("ul", { className: "verdicts" }, ...there.map(([verdict, { word }]) => {
    const words = `${counts[verdict]} ${word}`;
    return make("li", short ? { title: words, ariaLabel: words } : {}, signOf(verdict), short ? counts[verdict] : words);
  }));
}

// How the counted positions are made up, as a bar.
export function countsBar(counts) {
  const parts = Object.keys(VERDICTS).filter((verdict) => verdict !== "unexpected" && counts[verdict]).map((verdict) => {
    const part = make("span", { dataset: { verdict } });
    part.style.flexGrow = counts[verdict];
    return part;
  });
  return make("span", { className: "parts", ariaHidden: "true" }, ...parts);
}

export const inWords = (counts) =>
  Object.entries(VERDICTS).filter(([verdict]) => counts[verdict]).map(([verdict, { word }]) => `${counts[verdict]} ${word}`).join(", ");

export const when = (text) =>
  new Date(text).toLocaleString(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

export function legend(id) {
  element(id).replaceChildren(...Object.entries(VERDICTS).map(([verdict, { word }]) => make("li", {}, signOf(verdict), word)));
}
