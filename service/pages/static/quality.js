// "Quality": reviews one after the other, how right annotators are, and how alike they label.

import { element, fail } from "./elements.js";
import { onKeys } from "./keyboard.js";
import { loadAgreement } from "./quality_agreement.js";
import { loadAnnotators, stepAnnotator } from "./quality_annotators.js";
import { loadReviews, reviewKeys, reviewing } from "./quality_reviews.js";
import { onKeyChange } from "./service.js";

const VIEWS = {
  reviews: { load: loadReviews, parts: ["start", "review", "waiting", "photo"] },
  annotators: { load: loadAnnotators, parts: ["annotators", "annotator"] },
  agreement: { load: loadAgreement, parts: ["agreement"] },
};
let shown = "reviews";

async function show(view) {
  shown = view;
  for (const [name, { parts }] of Object.entries(VIEWS)) {
    element(`show-${name}`).setAttribute("aria-pressed", name === view);
    for (const part of parts) element(part).hidden = true;
  }
  element("none").hidden = true;
  element("summary").textContent = "Looking…";
  await VIEWS[view].load().catch((problem) => {
    element("summary").textContent = "";
    fail(problem);
  });
}

for (const name of Object.keys(VIEWS)) element(`show-${name}`).addEventListener("click", () => show(name));
onKeys(reviewKeys, () => shown === "reviews" && reviewing());
onKeys({ Enter: () => element("start").click() }, () => shown === "reviews" && !reviewing() && !element("start").hidden);
onKeys({ ArrowDown: () => stepAnnotator(1), ArrowUp: () => stepAnnotator(-1) }, () => shown === "annotators");
onKeys({ 1: () => show("reviews"), 2: () => show("annotators"), 3: () => show("agreement") });
onKeyChange(() => show(shown));
show(shown);
