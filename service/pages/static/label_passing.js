// Passing a task on: skipped for a reason, or put before an expert.

import { element, make } from "./elements.js";

const SKIP = {
  unreadable: "Nobody could read this photo",
  not_a_shelf: "It does not show a shelf",
  duplicate: "The same as another one",
  too_hard: "Too hard",
  other: "Something else",
};
const ESCALATE = {
  unsure_of_product: "Which product it is, I cannot tell",
  rule_missing: "No rule says what to do here",
  photo_unclear: "The photo is unclear",
  other: "Something else",
};

// `skip({reason, note})` and `escalate({reason, note})` are called when the annotator has said why.
export function passing({ skip, escalate }) {
  const dialog = element("passing"), reasons = element("reasons"), note = element("pass-note");
  let act = null;

  function ask(title, deed, why) {
    act = deed;
    element("passing-title").textContent = title;
    note.value = "";
    reasons.replaceChildren(...Object.entries(why).map(([reason, words], place) =>
      make("label", {}, make("input", { type: "radio", name: "reason", value: reason, checked: !place }), make("kbd", {}, place + 1), words)));
    dialog.showModal();
    reasons.querySelector(":checked").focus();
  }

  dialog.addEventListener("keydown", (event) => {
    if (event.target === note) return;
    const input = reasons.querySelectorAll("input")[Number(event.key) - 1];
    if (!input) return;
    input.checked = true;
    input.focus();
  });
  element("passing-form").addEventListener("submit", () => {
    const reason = reasons.querySelector(":checked").value, words = note.value.trim();
    act({ reason, ...(words && { note: words }) });
  });
  element("passing-close").addEventListener("click", () => dialog.close());
  return {
    skip: () => ask("Skip this task", skip, SKIP),
    escalate: () => ask("Ask an expert", escalate, ESCALATE),
  };
}
