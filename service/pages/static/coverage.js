// "Coverage": what cameras send against what the serving model was trained on, and which photos to get next.

import { coverageTable } from "./coverage_table.js";
import { element, fail, make, say } from "./elements.js";
import { onKeys } from "./keyboard.js";
import { onKeyChange, picture, read } from "./service.js";

const coverage = coverageTable(() => "/v1/coverage");
const percent = (part) => `${(100 * part).toFixed(part < 0.1 ? 1 : 0)} %`;

async function load() {
  try {
    show(await read("/v1/coverage/audit"));
    say("");
  } catch (problem) {
    element("said").textContent = "";
    fail(problem);
  }
  coverage.load();
}

function show({ sentence, next, strata, freshness, redundancy, point_cost }) {
  element("said").textContent = sentence;
  element("wanted").hidden = !next.length;
  element("next").replaceChildren(...next.map(({ words }) => make("li", {}, words)));
  element("compared").hidden = !strata.length;
  const most = Math.max(...strata.flatMap(({ live_share, trained_share }) => [live_share, trained_share]));
  element("strata").replaceChildren(...strata.map((stratum) => row(stratum, most)));
  for (const id of ["freshness", "redundancy", "cost"]) element(id).hidden = false;
  element("fresh").textContent = freshness.sentence;
  element("redundant").textContent = redundancy.sentence;
  element("examples").replaceChildren(...redundancy.examples.slice(0, 4).map(twins));
  element("costs").textContent = point_cost.words;
}

function row({ lighting, angle, format, standing, live, live_share, trained, trained_share, boxes, median_age_days: age }, most) {
  const bar = (share, of) => {
    const made = make("span", { className: `share-of ${of}`, title: percent(share) });
    made.style.width = `${(100 * share) / (most || 1)}%`;
    return made;
  };
  return make("tr", { dataset: { standing } }, make("th", { scope: "row" }, `${lighting}, ${angle}, ${format}`),
    make("td", {}, bar(live_share, "live"), bar(trained_share, "trained")),
    ...[String(live), String(trained), String(boxes), age === null ? "–" : `${Math.round(age)} d`, standing].map((said) => make("td", {}, said)));
}

function twins({ capture_id, of, similarity }) {
  const photo = (id, words) => picture(`/v1/captures/${id}/photo?width=320`, words);
  return make("li", {}, photo(capture_id, "could be left out"), photo(of, "is kept"), make("small", {}, `alike to ${similarity.toFixed(4)}; the left one could go`));
}

onKeys({ f: coverage.nextFormat, u: coverage.up });
onKeyChange(load);
load();
