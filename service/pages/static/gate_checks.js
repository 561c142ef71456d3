// The gate's checks as a table, what failed first.

import { counted, make } from "./elements.js";

const written = (value) => (value === null || value === undefined ? "–" : value.toFixed(3));
const signed = (value) => `${value > 0 ? "+" : ""}${value.toFixed(3)}`;

function change({ difference, low, high }) {
  if (difference === null || difference === undefined) return "–";
  return low === null || low === undefined ? signed(difference) : `${signed(difference)} (${signed(low)} to ${signed(high)})`;
}

export function gateSentence({ passed, checks, champion_version }) {
  const failed = checks.filter((check) => !check.passed);
  const against = champion_version ? ` against model ${champion_version}` : "";
  return passed
    ? `Passed ${checks.length > 1 ? `all ${checks.length} checks` : "its only check"}${against}.`
    : `Stopped by ${failed.length} of ${counted(checks.length, "check")}${against}: ${failed.map(({ name }) => name).join(", ")}.`;
}

export function gateTable({ checks }) {
  const order = [...checks].sort((one, other) => one.passed - other.passed);
  const heads = ["Check", "Champion", "Candidate", "Limit", "Change (95 % interval)", "Why"];
  return make("div", { className: "checks-table" }, make("table", { className: "listed" },
    make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))),
    make("tbody", {}, ...order.map((check) => make("tr", { className: check.passed ? "" : "failed" },
      make("th", { scope: "row" }, check.name),
      ...[written(check.champion), written(check.candidate), written(check.limit), change(check)].map((said) => make("td", {}, said)),
      make("td", { className: "reason" }, check.reason))))));
}
