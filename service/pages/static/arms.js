// The arms of a round: a colour, a shape and a word each.

import { make } from "./elements.js";

export const ARMS = {
  value: ["value", "picked because labelling it should teach the most"],
  random: ["random", "picked at random, to measure what the sampler saves"],
  support: ["support", "picked because its condition has few labels"],
  event: ["event", "picked because its planogram or catalogue changed"],
};

export const armName = (arm) => ARMS[arm]?.[0] ?? arm;

// A small shape of the arm's colour, the same one as on the map.
export const mark = (arm) => make("i", { className: "mark", dataset: { arm } });

export const tag = (arm) => make("span", { className: "tag", title: ARMS[arm]?.[1] ?? "" }, mark(arm), armName(arm));

// How many picks each arm has, as one bar.
export function armsBar(arms) {
  const title = Object.entries(arms).map(([arm, count]) => `${count} ${armName(arm)}`).join(", ");
  return make("span", { className: "parts", title }, ...Object.keys(ARMS).filter((arm) => arms[arm]).map((arm) => {
    const part = make("span", { dataset: { arm } });
    part.style.flexGrow = arms[arm];
    return part;
  }));
}
