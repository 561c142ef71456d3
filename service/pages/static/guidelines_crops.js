// Pieces of photos, with what was said about them.

import { make } from "./elements.js";
import { picture } from "./service.js";

export const cropUrl = ({ capture_id, box: [x1, y1, x2, y2] }) =>
  `/v1/captures/${capture_id}/crop?${new URLSearchParams({ x1, y1, x2, y2 })}`;

// What people said, the most frequent first: "Still water × 2, cannot tell".
export function saidWords(said) {
  const counts = new Map();
  for (const word of said) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort((one, other) => other[1] - one[1]).map(([word, count]) => (count > 1 ? `${word} × ${count}` : word)).join(", ");
}

export function crops(title, answers) {
  const figures = answers.map(({ crop_url, said }) =>
    make("figure", {}, picture(crop_url, saidWords(said)), make("figcaption", {}, saidWords(said))));
  return make("section", { className: "card" }, make("h2", {}, title),
    figures.length ? make("div", { className: "pictures" }, ...figures) : make("p", { className: "quiet" }, "None was seen yet."));
}
