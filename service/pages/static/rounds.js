// "Rounds": what was picked so far, starting another round, and what the labels of all of them cover.

import { armsBar } from "./arms.js";
import { coverageTable } from "./coverage_table.js";
import { counted, element, fail, make, say } from "./elements.js";
import { onKeys } from "./keyboard.js";
import { onKeyChange, read, send } from "./service.js";

const FEW = 12; // rounds that are shown before somebody asks for more
const list = element("rounds"), more = element("more"), start = element("start");
const coverage = coverageTable(() => "/v1/coverage");

let rounds = [], all = false, working = false;

async function load() {
  try {
    rounds = await read("/v1/rounds?limit=1000");
  } catch (problem) {
    return fail(problem);
  }
  show();
  coverage.load();
}

function show() {
  const shown = all ? rounds : rounds.slice(0, FEW);
  list.replaceChildren(...shown.map(card));
  element("none").hidden = rounds.length > 0;
  element("summary").textContent = counted(rounds.length, "round");
  more.hidden = shown.length === rounds.length;
  more.textContent = `Show the other ${rounds.length - shown.length}`;
}

const time = (text) => new Date(text).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

function card({ id, created_at, by, pool_size, arms, tasks, boxes }) {
  const picks = Object.values(arms).reduce((sum, count) => sum + count, 0);
  const done = (tasks.labelled ?? 0) + (tasks.skipped ?? 0);
  const progress = make("progress", { max: picks || 1, value: done, ariaLabel: "Labelled or skipped" });
  return make("li", {}, make("a", { className: "cluster", href: `/rounds/${id}` },
    make("span", { className: "row between" }, make("strong", {}, time(created_at)), make("small", {}, by)),
    make("span", {}, `${counted(picks, "photo")}, ${counted(boxes, "box", "boxes")}`, make("small", {}, ` of ${pool_size} photos`)),
    armsBar(arms),
    make("span", { className: "row between" }, progress, make("small", {}, `${done} of ${picks} done`))));
}

// --- another round ---

const share = (id) => (element(id).value === "" ? null : Number(element(id).value) / 100);

function wanted() {
  const budget = Number(element("budget").value), minutes = element("unit").value === "minutes";
  const config = {
    ...(minutes ? { seconds: budget * 60 } : { boxes: Math.round(budget) }),
    random_share: share("random-share"),
    support_share: share("support-share"),
    event_share: share("event-share"),
    seed: element("seed").value === "" ? null : Number(element("seed").value),
  };
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null));
}

async function begin(event) {
  event.preventDefault();
  if (working) return;
  working = element("go").disabled = true;
  element("go").textContent = "Picking…";
  say("");
  try {
    const round = await (await send("POST", "/v1/rounds", wanted())).json();
    location.href = `/rounds/${round.id}`;
  } catch (problem) {
    fail(problem);
  }
  working = element("go").disabled = false;
  element("go").textContent = "Pick";
}

// --- keys ---

function go(by) {
  const links = [...list.querySelectorAll("a")], at = links.indexOf(document.activeElement);
  links[Math.max(0, Math.min(links.length - 1, at < 0 ? 0 : at + by))]?.focus();
}

const inTable = () => element("coverage-table").contains(document.activeElement);

const columns = () => getComputedStyle(list).gridTemplateColumns.split(" ").length;

onKeys({
  ArrowLeft: () => (inTable() ? coverage.go(0, -1) : go(-1)),
  ArrowRight: () => (inTable() ? coverage.go(0, 1) : go(1)),
  ArrowUp: () => (inTable() ? coverage.go(-1, 0) : go(-columns())),
  ArrowDown: () => (inTable() ? coverage.go(1, 0) : go(columns())),
  n: () => element("budget").focus(),
  f: coverage.nextFormat,
  u: coverage.up,
});
start.addEventListener("submit", begin);
more.addEventListener("click", () => {
  all = true;
  show();
});
onKeyChange(load);
load();
