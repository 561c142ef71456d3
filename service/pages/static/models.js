// "Models": which one serves, how each does under every condition, and moving the champion.

import { dumbbells } from "./dumbbells.js";
import { counted, element, fail, make, say } from "./elements.js";
import { gateSentence, gateTable } from "./gate_checks.js";
import { onKeys } from "./keyboard.js";
import { learningChart } from "./learning_chart.js";
import { onKeyChange, picture, read, send } from "./service.js";

const MEASURES = { ap: "AP", sku_top1: "Products named right", verdict_f1: "Verdicts", calibration_error: "Calibration error", unknown_auroc: "Unknown products" };
const AXES = { lighting: "lighting", angle: "angle", format: "store format", category: "category", stratum: "all together" };
const ACTIONS = { starter: "came with the installation", promote: "was promoted", rollback: "was brought back" };

let answer = { models: [], promotions: [] }, at = null, shown = null, measure = "ap", axis = "lighting", move = null;

const time = (text) => new Date(text).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
const percent = (part) => `${(100 * part).toFixed(1)} %`;
const modelAt = (version) => answer.models.find((model) => model.version === version);

function stateOf(model) {
  if (model.serving) return ["serving", "Serves"];
  if (model.gate_passed === false) return ["failed", "Stopped by its gate"];
  return ["kept", answer.promotions.some(({ model_version }) => model_version === model.version) ? "Served before" : "Passed its gate"];
}

async function load() {
  try {
    answer = await read("/v1/models");
    at ??= Number(location.hash.slice(1)) || answer.champion;
    if (!modelAt(at)) at = answer.champion;
    list();
    await show();
  } catch (problem) {
    element("summary").textContent = "";
    fail(problem);
  }
}

// --- the list, and what became better ---

function list() {
  const { loaded, champion, loading_error, waiting } = answer;
  const loading = loading_error ? `Model ${champion} could not be loaded: ${loading_error}` : loaded !== champion ? `This server still answers with model ${loaded}.` : "";
  const looking = waiting ? `${counted(waiting, "capture")} wait to be looked at with it.` : "";
  element("summary").textContent = [`${counted(answer.models.length, "model")}; model ${champion} serves.`, loading, looking].filter(Boolean).join(" ");
  element("models").replaceChildren(...answer.models.map((model) => {
    const [state, words] = stateOf(model);
    const button = make("button", { type: "button", className: "scope-of", dataset: { version: model.version, state } },
      make("span", {}, model.source === "starter" ? `Model ${model.version}, the starter` : `Model ${model.version}`),
      make("small", {}, [time(model.created_at), model.ap !== null && `AP ${percent(model.ap)}`].filter(Boolean).join(", ")), make("b", {}, words));
    if (model.version === at) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => choose(model.version));
    return make("li", {}, button);
  }));
  const measured = [...answer.models].reverse().filter(({ ap }) => ap !== null);
  element("learning").hidden = !measured.length;
  if (measured.length) {
    const before = measured.filter(({ champion_ap }) => champion_ap !== null).map(({ version, champion_ap }) => [version, champion_ap]);
    const lines = { after: measured.map(({ version, ap }) => [version, ap]), ...(before.length && { before }) };
    element("curve").replaceChildren(learningChart(lines, { label: "AP of each model, and of the champion it was compared with", steps: "model", width: 320, written: percent }));
  }
  element("moves").replaceChildren(...answer.promotions.map(({ model_version, action, reason, by, at: when }) =>
    make("li", {}, `${time(when)}: model ${model_version} ${ACTIONS[action]} by ${by}: ${reason}`)));
}

function choose(version) {
  at = version;
  history.replaceState(null, "", `#${version}`);
  list();
  show().catch(fail);
}

function go(by) {
  const next = answer.models[answer.models.findIndex(({ version }) => version === at) + by];
  if (next) choose(next.version);
}

// --- one model ---

async function show() {
  const found = await read(`/v1/models/${at}`);
  if (found.version !== at) return;
  shown = found;
  element("one").hidden = false;
  element("title").textContent = found.source === "starter" ? `Model ${found.version}, the starter` : `Model ${found.version}`;
  element("told").textContent = told(found);
  element("promote").hidden = found.serving;
  element("back").hidden = !found.serving || found.source === "starter";
  element("retraining").hidden = !found.retraining_id;
  element("retraining").href = `/retrainings#${found.retraining_id}`;
  showCells();
  element("gate").hidden = !found.gate;
  if (found.gate) {
    element("gate-said").textContent = gateSentence(found.gate);
    element("checks").replaceChildren(gateTable(found.gate));
  }
  showShadow(found).catch(fail);
}

function told({ source, created_at, classes, input_size, report, mlflow_version }) {
  if (source === "starter") return "Comes with the installation: it finds products, shelf edges, price tags and gaps before anybody has labelled anything.";
  const size = report?.candidate?.megabytes ? `, ${report.candidate.megabytes.toFixed(1)} MB` : "";
  const speed = report?.candidate?.latency_ms ? `, ${Math.round(report.candidate.latency_ms)} ms a photo` : "";
  return `Registered ${time(created_at)}. ${counted(classes.length, "class", "classes")}, photos of ${input_size} px${speed}${size}.${mlflow_version ? ` MLflow version ${mlflow_version}.` : ""}`;
}

// The figures of one measure along one axis, of champion and candidate alike: {cell: [before, after]}.
function cellsOf({ champion, candidate }) {
  const figures = (report) => {
    if (!report) return {};
    const scores = measure === "ap" ? { lighting: report.axes.lighting, angle: report.axes.angle, format: report.axes.format, category: report.categories, stratum: report.strata }[axis] : report.measures?.[measure]?.cells[axis];
    const overall = measure === "ap" ? report.overall : report.measures?.[measure]?.overall;
    const even = (score) => score && ("ap" in score ? { value: score.ap, low: score.ap_low ?? null, high: score.ap_high ?? null, evidence: score.evidence } : score);
    return Object.fromEntries(Object.entries({ all: overall, ...scores }).map(([name, score]) => [name, even(score)]));
  };
  const [before, after] = [figures(champion), figures(candidate)];
  return Object.fromEntries(Object.entries(after).map(([name, figure]) => [name, [before[name] ?? null, figure ?? null]]));
}

function showCells() {
  const { report } = shown;
  element("strata").hidden = !report?.candidate;
  if (!report?.candidate) return;
  const measures = Object.keys(MEASURES).filter((name) => name === "ap" || report.candidate.measures?.[name]);
  if (!measures.includes(measure)) measure = "ap";
  const choice = (words, name, current, act) => {
    const button = make("button", { type: "button", className: "plain" }, words[name]);
    button.setAttribute("aria-pressed", name === current);
    button.addEventListener("click", () => act(name));
    return button;
  };
  element("measures").replaceChildren(...measures.map((name) => choice(MEASURES, name, measure, (chosen) => {
    measure = chosen;
    showCells();
  })));
  element("axes").replaceChildren(...Object.keys(AXES).map((name) => choice(AXES, name, axis, (chosen) => {
    axis = chosen;
    showCells();
  })));
  element("cells").replaceChildren(...dumbbells(cellsOf(report)));
}

async function showShadow({ version, shadowed }) {
  element("shadow").hidden = true;
  if (!shadowed) return;
  const shadow = await read(`/v1/models/${version}/shadow`);
  if (version !== at) return;
  const { evidence, wanted, state, note, objections, worst } = shadow;
  const differs = evidence.disagreement === null ? "" : `It disagrees with model ${shadow.champion_version} about ${percent(evidence.disagreement)} of the boxes, at ${evidence.latency_ratio === null ? "–" : evidence.latency_ratio.toFixed(2)} times its time.`;
  const about = state === "running" ? `${evidence.captures} of ${wanted} captures looked at, until ${time(shadow.until)} at the latest.` : note ?? `It ${state}.`;
  element("shadow").hidden = false;
  element("shadow-said").textContent = [about, differs, ...objections.map((words) => `Against it: ${words}.`)].filter(Boolean).join(" ");
  element("worst").replaceChildren(...worst.slice(0, 8).map((one) => {
    const words = one.error ?? [[one.only_champion, "lost"], [one.only_candidate, "found anew"], [one.other_kind + one.other_product, "called otherwise"]].filter(([number]) => number).map(([number, what]) => `${number} ${what}`).join(", ");
    const button = make("button", { type: "button", className: "cluster" }, make("span", { className: "thumb" }, picture(one.overlay, words)),
      make("span", {}, words || "no difference"), make("small", {}, `${one.store_id}, ${one.bay_id}, ${one.stratum}`));
    button.addEventListener("click", () => {
      element("closer-title").textContent = words;
      element("closer-photo").replaceChildren(picture(one.overlay, words));
      element("closer").showModal();
    });
    return make("li", {}, button);
  }));
}

// --- moving the champion ---

const MOVES = {
  promote: { title: () => `Let model ${at} serve?`, why: () => `Every server swaps from model ${answer.champion} between two requests; no request is lost. It can be rolled back.`, go: "Let it serve" },
  back: { title: () => `Bring back what served before model ${at}?`, why: () => "Every server swaps between two requests; no request is lost.", go: "Roll back" },
};

function ask(kind) {
  if (element(kind).hidden) return;
  move = kind;
  element("sure-title").textContent = MOVES[kind].title();
  element("sure-why").textContent = MOVES[kind].why();
  element("sure-go").textContent = MOVES[kind].go;
  element("force-of").hidden = kind !== "promote" || shown.gate_passed !== false;
  element("force").checked = false;
  element("reason").value = "";
  element("sure").returnValue = "";
  element("sure").showModal();
  element("reason").focus();
}

async function moved() {
  if (element("sure").returnValue !== "yes") return;
  const reason = element("reason").value.trim();
  const path = move === "promote" ? `/v1/models/${at}/promote` : "/v1/models/rollback";
  const body = move === "promote" ? { reason, force: element("force").checked } : { reason };
  try {
    const { model_version } = await (await send("POST", path, body)).json();
    at = model_version;
    say(`Model ${model_version} serves.`);
  } catch (problem) {
    return fail(problem);
  }
  load();
}

onKeys({ ArrowUp: () => go(-1), ArrowDown: () => go(1), p: () => ask("promote"), b: () => ask("back") }, () => !element("sure").open && !element("closer").open);
element("promote").addEventListener("click", () => ask("promote"));
element("back").addEventListener("click", () => ask("back"));
element("sure").addEventListener("close", moved);
onKeyChange(load);
load();
