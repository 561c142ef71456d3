// Writing a rule: try it (how many labelled tasks would be queued again), then put it in force.

import { counted, fail, make, say } from "./elements.js";
import { read, send } from "./service.js";

const PARTS = ["text", "rules", "when_to_skip", "when_to_escalate"];

// `ruleOf(text)` is the rule with what was written; `before` is its text so far, empty for a new rule; `more` are other
// fields that `ruleOf` reads.
export function writing(title, before, ruleOf, done, ...more) {
  const text = make("textarea", { value: before, maxLength: 2000, required: true });
  const note = make("input", { type: "text", maxLength: 500, placeholder: "what changed, and why" });
  const same = make("input", { type: "checkbox" });
  const found = make("p", { className: "found", hidden: true });
  const button = make("button", { type: "submit", className: "button" });
  const draft = make("button", { type: "button", className: "plain" }, "Keep as a draft for a pilot");
  const form = make("form", { className: "card writing" },
    make("h2", {}, title),
    make("label", {}, "The rule", text),
    make("label", {}, "Note", note),
    before ? make("label", { className: "check" }, same, "Other words for the same rule: nothing has to be labelled again") : null,
    ...more, found, make("div", { className: "row" }, button, draft));
  let tried = "";

  const written = () => JSON.stringify([ruleOf(text.value), note.value, same.checked]);
  function describe() {
    button.textContent = tried === written() ? "Put in force" : "What would it alter?";
    found.hidden = tried !== written();
    button.disabled = draft.disabled = !text.value.trim() || text.value.trim() === before;
  }

  async function put(how) {
    const guideline = await read("/v1/guidelines/in-force"), rule = ruleOf(text.value.trim());
    const others = guideline.rules.filter(({ id }) => id !== rule.id), place = guideline.rules.findIndex(({ id }) => id === rule.id);
    const rules = place < 0 ? [...others, rule] : others.toSpliced(place, 0, rule);
    const body = { ...Object.fromEntries(PARTS.map((part) => [part, guideline[part]])), rules, note: note.value };
    if (same.checked) body.wording_only = [rule.id];
    return (await send("PUT", `/v1/guidelines?dry_run=${how === "try"}`, { ...body, draft: how === "draft" })).json();
  }

  async function act(how) {
    button.disabled = draft.disabled = true;
    try {
      const answer = await put(how);
      if (how === "try") {
        tried = written();
        found.textContent = `${counted(answer.altered, "labelled task")} would be queued again.`;
      } else {
        say(how === "draft" ? `Version ${answer.version} is kept as a draft: start a pilot with it.`
          : `Version ${answer.version} is in force. ${counted(answer.altered, "labelled task")} queued again.`);
        return done();
      }
    } catch (problem) {
      fail(problem);
    }
    describe();
  }

  form.addEventListener("input", describe);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!button.disabled) act(tried === written() ? "put" : "try");
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") event.target.blur();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  draft.addEventListener("click", () => act("draft"));
  describe();
  return form;
}
