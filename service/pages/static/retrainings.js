// "Retrainings": ordering one, watching it, and why its candidate serves or does not.

import { counted, element, fail, make, say } from "./elements.js";
import { gateSentence, gateTable } from "./gate_checks.js";
import { onKeys } from "./keyboard.js";
import { learningChart } from "./learning_chart.js";
import { onKeyChange, read, send } from "./service.js";

const FEW = 12; // that are listed before somebody asks for more
const SOON = 2_000, LATER = 15_000; // milliseconds between two looks, while one runs and while none does
const STATES = {
  queued: "Waits", running: "Runs", shadowing: "In shadow", promoted: "Promoted", completed: "Passed, kept",
  gate_failed: "Stopped by its gate", shadow_failed: "Stopped in shadow", failed: "Failed", cancelled: "Called off",
};
const IN_FLIGHT = ["queued", "running", "shadowing"];
// While it is at it, and afterwards.
const STAGES = {
  queued: ["Waiting", "Taken up"], snapshot: ["Freezing photos", "Photos frozen"], fit: ["Fitting", "Fitted"], export: ["Exporting", "Exported"],
  evaluate: ["Measuring", "Measured"], register: ["Registering", "Registered"], shadow: ["In shadow", "Shadowed"], done: ["Decided", "Decided"],
};
const TRIGGERS = { manual: "by hand", schedule: "by the schedule", labels: "because of new labels", catalogue: "because of the catalogue", planogram: "because of a planogram", drift: "because of drift" };

let retrainings = [], all = false, at = null, shown = null, timer = 0, looks = 0;

const time = (text) => new Date(text).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
const sentence = (words) => `${words[0].toUpperCase()}${words.slice(1)}${/[.!?]$/.test(words) ? "" : "."}`;
const span = (seconds) => (seconds < 90 ? `${Math.round(seconds)} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`);

// --- the list, and looking again ---

async function load() {
  clearTimeout(timer);
  const look = ++looks;
  try {
    const found = await read("/v1/retrainings?limit=1000");
    if (look !== looks) return;
    retrainings = found;
    at ??= location.hash.slice(1) || retrainings[0]?.id;
    list();
    if (at) await show();
  } catch (problem) {
    fail(problem);
  }
  if (look === looks) timer = setTimeout(load, retrainings.some(({ state }) => IN_FLIGHT.includes(state)) ? SOON : LATER);
}

function list() {
  const visible = all ? retrainings : retrainings.slice(0, FEW);
  element("summary").textContent = counted(retrainings.length, "retraining");
  element("none").hidden = retrainings.length > 0;
  element("more").hidden = visible.length === retrainings.length;
  element("more").textContent = `Show the other ${retrainings.length - visible.length}`;
  const focused = document.activeElement?.dataset?.id;
  element("retrainings").replaceChildren(...visible.map(({ id, created_at, reason, state }) => {
    const button = make("button", { type: "button", className: "scope-of", dataset: { id, state } },
      make("span", {}, reason), make("small", {}, time(created_at)), make("b", {}, STATES[state]));
    if (id === at) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => choose(id));
    return make("li", {}, button);
  }));
  element("retrainings").querySelector(`[data-id="${focused}"]`)?.focus();
}

function choose(id) {
  at = id;
  history.replaceState(null, "", `#${id}`);
  list();
  show().catch(fail);
}

function go(by) {
  const place = retrainings.findIndex(({ id }) => id === at), next = retrainings[place + by];
  if (next) choose(next.id);
}

// --- one retraining ---

async function show() {
  const found = await read(`/v1/retrainings/${at}`);
  if (found.id !== at) return;
  shown = found;
  element("one").hidden = false;
  element("title").textContent = `${found.model === "embedder" ? "Embedder" : "Detector"}, ${time(found.created_at)}`;
  element("told").textContent = told(found);
  element("stages").replaceChildren(...stages(found));
  showFit(found.progress);
  showTrained(found);
  const judged = found.gate ?? found.progress.embedder;
  element("gate").hidden = !judged?.checks;
  if (judged?.checks) {
    element("gate-said").textContent = gateSentence(judged);
    element("checks").replaceChildren(gateTable(judged));
  }
  element("report").hidden = !found.gate;
  element("cancel").hidden = !IN_FLIGHT.includes(found.state);
  element("model").hidden = !found.candidate_version;
  element("model").textContent = `Model ${found.candidate_version}`;
  element("model").href = `/models#${found.candidate_version}`;
}

function told({ state, reason, trigger, by, error, progress, base_version }) {
  const ordered = `${sentence(reason)} Ordered ${TRIGGERS[trigger]}${trigger === "manual" ? ` by ${by}` : ""}, from model ${base_version}.`;
  const waits = progress.waiting && `It waits: ${sentence(progress.waiting.for)}`;
  return [ordered, error ? sentence(error) : progress.note && sentence(progress.note), state === "running" && waits].filter(Boolean).join(" ");
}

function stages({ state, progress }) {
  const names = Object.keys(STAGES), over = !IN_FLIGHT.includes(state);
  const now = { shadowing: "shadow", shadow_failed: "shadow", gate_failed: "done" }[state] ?? progress.stage;
  const place = Math.max(0, names.indexOf(now)), stopped = over && !["promoted", "completed"].includes(state);
  return names.slice(1).filter((name) => name !== "shadow" || now === "shadow").map((name) => {
    const index = names.indexOf(name);
    const step = index < place || (over && !stopped) ? "done" : index === place ? (stopped ? "stopped" : "now") : "next";
    return make("li", { dataset: { at: step } }, step === "stopped" ? STATES[state] : STAGES[name][step === "done" ? 1 : 0]);
  });
}

function showFit({ epoch, epochs, seconds_left, history = [], resumed_after = [] }) {
  element("fit").hidden = !epochs;
  if (!epochs) return;
  Object.assign(element("epochs"), { max: epochs, value: epoch });
  const left = epoch < epochs && seconds_left ? `, about ${span(seconds_left)} left` : "";
  element("epoch").textContent = `epoch ${epoch} of ${epochs}${left}`;
  const names = Object.keys(history[0]?.losses ?? {});
  const lines = Object.fromEntries(names.map((name) => [name, history.map((line) => [line.epoch, line.losses[name]])]));
  element("losses").replaceChildren(...(names.length ? [learningChart(lines, { label: "Losses by epoch", steps: "epoch" })] : []));
  element("interrupted").textContent = resumed_after.length ? `Interrupted, and gone on with after epoch ${resumed_after.join(", ")}.` : "";
}

function showTrained({ snapshot_hash, progress: { captures, split_rule, plan } }) {
  element("trained").hidden = !snapshot_hash;
  if (!snapshot_hash) return;
  const parts = Object.entries(captures ?? {}).filter(([, number]) => number).map(([part, number]) => `${number} ${part.replace("_", " ")}`);
  element("captures").textContent = `${parts.join(", ")} captures, ${split_rule ?? ""}. Snapshot ${snapshot_hash.slice(0, 12)}.`;
  element("reasons").replaceChildren(...(plan?.reasons ?? []).map((reason) => make("li", {}, sentence(reason))));
  const before = retrainings.slice(retrainings.findIndex(({ id }) => id === at) + 1).find((one) => one.snapshot_hash && one.snapshot_hash !== snapshot_hash);
  const changes = element("changes"), pair = before && `${before.snapshot_hash}/diff/${snapshot_hash}`;
  changes.hidden = !before;
  if (changes.dataset.pair === pair) return;
  Object.assign(changes.dataset, { pair: pair ?? "" });
  changes.open = false;
  element("changed").replaceChildren();
}

async function showChanges() {
  const { open, dataset: { pair } } = element("changes");
  if (!open || element("changed").childElementCount) return;
  try {
    const { text } = await read(`/v1/snapshots/${pair}`);
    if (pair === element("changes").dataset.pair) element("changed").replaceChildren(...text.map((line) => make("li", {}, line)));
  } catch (problem) {
    fail(problem);
  }
}

async function openReport() {
  if (element("report").hidden) return;
  try {
    const page = await (await send("GET", `/v1/retrainings/${at}/report`)).text();
    element("page").srcdoc = page;
    element("closer").showModal();
  } catch (problem) {
    fail(problem);
  }
}

async function cancel() {
  const sure = element("sure");
  if (sure.returnValue !== "yes") return;
  sure.returnValue = "";
  try {
    await send("POST", `/v1/retrainings/${at}/cancel`);
    say("Called off. A running epoch ends first.");
  } catch (problem) {
    fail(problem);
  }
  load();
}

// --- ordering one, and what else does ---

const ordered = () => ({ reason: element("reason").value.trim() || "to see what it would train on", preset: element("preset").value, promote: element("promote").value });

async function plan() {
  try {
    const answer = await (await send("POST", "/v1/retrainings/plan", ordered())).json();
    element("planned").textContent = answer.sentence;
  } catch (problem) {
    element("planned").textContent = problem.message;
  }
}

async function showTriggers() {
  try {
    const { sentence: said, triggers } = await read("/v1/triggers");
    element("triggers-said").textContent = said;
    element("triggers-list").replaceChildren(...triggers.filter(({ trigger }) => trigger !== "manual").map(({ on, due, have, need, words }) =>
      make("li", { dataset: { on, due } }, words, need ? make("progress", { max: need, value: Math.min(have ?? 0, need), ariaLabel: words }) : null)));
  } catch (problem) {
    element("triggers").hidden = true;
    if (problem.code !== "role-not-allowed") fail(problem);
  }
}

async function order(event) {
  event.preventDefault();
  element("go").disabled = true;
  say("");
  try {
    const { id } = await (await send("POST", "/v1/retrainings", ordered())).json();
    at = id;
    element("reason").value = "";
    await load();
  } catch (problem) {
    fail(problem);
  }
  element("go").disabled = false;
}

function everything() {
  load();
  plan();
  showTriggers();
}

onKeys({ ArrowUp: () => go(-1), ArrowDown: () => go(1), n: () => element("reason").focus(), r: openReport }, () => !element("closer").open && !element("sure").open);
element("order").addEventListener("submit", order);
for (const id of ["preset", "promote"]) element(id).addEventListener("change", plan);
element("more").addEventListener("click", () => {
  all = true;
  list();
});
element("changes").addEventListener("toggle", showChanges);
element("report").addEventListener("click", openReport);
element("cancel").addEventListener("click", () => element("sure").showModal());
element("sure").addEventListener("close", cancel);
onKeyChange(everything);
everything();
