// Champion and candidate, cell by cell, on one scale: a hollow dot, a full one, and the interval of the full one.

import { make } from "./elements.js";

const percent = (part) => `${(100 * part).toFixed(1)} %`;

// `cells`: {name: [before, after]}, each a figure {value, low, high, evidence} or null.
export function dumbbells(cells) {
  const found = Object.entries(cells).filter(([, [, after]]) => after && after.value !== null);
  const values = found.flatMap(([, pair]) => pair.filter(Boolean).flatMap(({ value, low, high }) => [value, low ?? value, high ?? value])).filter((value) => value !== null);
  if (!found.length) return [make("dt", {}, "Nothing was measured.")];
  const least = Math.max(0, Math.floor(10 * Math.min(...values)) / 10), most = Math.min(1, Math.ceil(10 * Math.max(...values)) / 10);
  const place = (value) => `${(100 * (value - least)) / (most - least || 1)}%`;
  const ends = make("dd", { className: "ends-of" }, make("span", {}, percent(least)), make("span", {}, percent(most)));
  return [...found.flatMap(([name, [before, after]]) => row(name, before, after, place)), ends];
}

function row(name, before, after, place) {
  const thin = after.evidence !== "sufficient", worse = before && before.value !== null && after.value < before.value;
  const range = after.low !== null && make("span", { className: "range" });
  if (range) Object.assign(range.style, { left: place(after.low), width: `calc(${place(after.high)} - ${place(after.low)})` });
  const dots = [[before, "before"], [after, "after"]].filter(([figure]) => figure && figure.value !== null).map(([figure, which]) => {
    const dot = make("span", { className: which });
    dot.style.left = place(figure.value);
    return dot;
  });
  const said = [before && before.value !== null ? `${percent(before.value)} → ` : "", percent(after.value), thin ? " (insufficient evidence)" : ""].join("");
  return [make("dt", { className: thin ? "thin" : "" }, name),
    make("div", { className: thin ? "dumbbell thin" : "dumbbell", dataset: { worse: worse && !thin }, ariaHidden: true }, range || null, ...dots),
    make("dd", { className: thin ? "thin" : "" }, said)];
}
