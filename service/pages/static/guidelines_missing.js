// Which rules are missing: answers that people take for each other, with pieces of photos.

import { counted, make } from "./elements.js";
import { crops } from "./guidelines_crops.js";
import { writing } from "./guidelines_writing.js";
import { read } from "./service.js";

const percent = (share) => `${Math.round(100 * share)} %`;

export const missing = {
  async load() {
    const answer = await read("/v1/guidelines/missing-rules");
    return {
      items: answer.rules.map((found) => ({
        title: `${found.pair.one_name} / ${found.pair.other_name}`, small: found.pair.boundary,
        mark: percent(found.pair.confusion), wrong: found.missing, group: found.missing ? "No rule decides" : "A rule does not help", found,
      })),
      summary: `${counted(answer.compared, "task")} that several people labelled. The share of comparisons in which they differed is beside each pair.`,
      none: answer.compared ? ["Nothing is taken for something else.", "Where people differ, they slipped."]
        : ["Nothing to compare yet.", "A share of tasks goes to several people; a pilot asks for more."],
    };
  },
  show({ found }, again) {
    const { pair, rules, suggested } = found, shown = make("input", { type: "checkbox", checked: true });
    const ruleOf = (text) => ({ ...suggested, text, ...(shown.checked ? {} : { examples: [], counter_examples: [] }) });
    return [
      make("h1", { id: "about" }, `${pair.one_name} or ${pair.other_name}?`),
      make("p", { className: "said" }, `People differed in ${pair.apart} of ${counted(pair.apart + pair.together, "comparison")}. ${
        found.missing ? "No rule says what decides between the two." : "The rules that there are do not help enough."}`),
      crops("People differ", found.disputed),
      make("div", { className: "cases" }, crops(`Example: ${pair.one_name}`, found.examples), crops(`Counter-example: ${pair.other_name}`, found.counter_examples)),
      rules.length ? make("section", { className: "card" }, make("h2", {}, "What the guideline says"),
        make("ul", { className: "reasons" }, ...rules.map(({ text }) => make("li", {}, text)))) : null,
      writing("What decides between the two?", "", ruleOf, again,
        make("label", { className: "check" }, shown, "With the first example and the first counter-example above, as they are named there")),
    ];
  },
};
