// The side panel: the task, what is chosen, the rule that helps, the planogram there, and products that look alike.

import { layOut } from "./bay_plan.js";
import { counted, element, make } from "./elements.js";
import { FLAGS, isDoubtful } from "./label_boxes.js";
import { CHOICES } from "./label_verdict_task.js";
import { picture } from "./service.js";
import { VERDICTS, percent, signOf, when } from "./verdicts.js";

const KIND_WORDS = { facing: "Facing", shelf: "Edge", tag: "Tag", gap: "Gap" };
const FLAG_WORDS = { ignore: ["Ignore", "i"], occluded: ["Hidden", "o"], truncated: ["Cut off", "t"] };
const MOST_SIBLINGS = 6;
const PIECE = 88; // pixels of the screen, of the photo's piece beside the product's picture

// Pictures come from the service: a part of the panel is made anew only when it shows something else.
const shownNow = new Map();

function fill(id, what, children) {
  if (shownNow.get(id) === what) return;
  shownNow.set(id, what);
  element(id).replaceChildren(...children().filter(Boolean));
}

const minutes = (seconds) => (seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`);

export function showTask(view) {
  element("reason").textContent = view.reason;
  element("where").textContent = `${view.bay_id}, ${when(view.taken_at)}`;
  element("tile").hidden = !view.tile;
  element("note").hidden = !view.note;
  element("note").textContent = view.note ? `“${view.note}”` : "";
  element("expected").textContent = `about ${minutes(view.expected_seconds)}`;
}

// --- what is chosen ---

const button = (word, key, pressed, act) => {
  const made = make("button", { type: "button", className: "plain" }, word, " ", make("kbd", {}, key));
  if (pressed !== null) made.setAttribute("aria-pressed", pressed);
  made.addEventListener("click", act);
  return made;
};

function piece(photo, [x1, y1, x2, y2]) {
  const density = devicePixelRatio || 1, margin = 0.08 * Math.max(x2 - x1, y2 - y1);
  const [x, y, w, h] = [x1 - margin, y1 - margin, x2 - x1 + 2 * margin, y2 - y1 + 2 * margin];
  const scale = PIECE / Math.max(w, h);
  const canvas = make("canvas", { width: w * scale * density, height: h * scale * density, className: "piece" });
  Object.assign(canvas.style, { width: `${w * scale}px`, height: `${h * scale}px` });
  canvas.getContext("2d").drawImage(photo, x, y, w, h, 0, 0, canvas.width, canvas.height);
  return canvas;
}

function compare(photo, box, product) {
  element("box-piece").replaceChildren(...(box ? [piece(photo, box)] : []));
  fill("box-product", product?.picture_url ?? "", () => [product?.picture_url && picture(product.picture_url, `Reference picture of ${product.name}`)]);
}

function knownBy(box, view) {
  if (!box.gtin) return view.prelabels[box.of]?.unknown ? "The model knows no such product." : "Not named yet.";
  if (box.probability !== null) return `The model is ${percent(box.probability)} sure.`;
  return box.of !== null && box.gtin === view.prelabels[box.of].gtin ? "Named by a person before." : "Named by you.";
}

export function showBox(task, view, photo) {
  const box = task.chosen, product = view.products[box?.gtin];
  element("facing").hidden = box?.kind !== "facing";
  element("box").hidden = !box;
  element("summary").hidden = Boolean(box);
  if (!box) return showSummary(task);
  const title = box.kind === "facing" ? product?.name ?? box.gtin ?? "Which product is it?" : KIND_WORDS[box.kind];
  compare(photo, box.box, product);
  element("box-title").textContent = title;
  element("box-title").classList.toggle("doubtful", isDoubtful(box));
  element("box-known").textContent = box.kind === "facing" ? [box.gtin, knownBy(box, view)].filter(Boolean).join("\n") : "";
  element("kinds").replaceChildren(...Object.entries(KIND_WORDS).map(([kind, word], place) => button(word, place + 1, kind === box.kind, () => task.setKind(kind))));
  element("flags").replaceChildren(...FLAGS.map((flag) => button(...FLAG_WORDS[flag], Boolean(box[flag]), () => task.toggle(flag))));
}

function showSummary(task) {
  const { counts, doubtful, of } = task.summary();
  element("counts").textContent = of ? `${of}: ${counts}` : counts;
  element("doubtful").textContent = doubtful ? `${doubtful} to look at: j goes from one to the next.` : "Nothing the model is unsure of.";
  element("doubtful").classList.toggle("doubtful", doubtful > 0);
}

export function showPosition(task, view, photo) {
  const position = task.chosen;
  for (const id of ["facing", "flags"]) element(id).hidden = true;
  element("box").hidden = !position;
  element("summary").hidden = Boolean(position);
  if (!position) return showSummary(task);
  const product = view.products[position.gtin];
  const model = position.verdict && `The model says ${VERDICTS[position.verdict].word}${position.probability === null ? "" : ` (${percent(position.probability)} sure)`}.`;
  compare(photo, position.box, product);
  element("box-title").textContent = task.said(position);
  element("box-known").textContent = [counted(position.wide * position.high, "facing"), model].filter(Boolean).join("\n");
  element("kinds").replaceChildren(...CHOICES.map((verdict, place) => {
    const made = button(VERDICTS[verdict].word, place + 1, verdict === position.given, () => task.judge(verdict));
    made.prepend(signOf(verdict), " ");
    return made;
  }));
}

// --- what helps to decide ---

// Which decision is likely on somebody's mind, by the guideline's names of them.
function boundaryOf(view, box) {
  if (view.kind === "verdicts") return "verdict";
  if (!box) return "presence";
  const flag = FLAGS.find((one) => box[one]);
  if (flag) return flag;
  return box.kind === "facing" ? "product" : "kind";
}

export function showRule(view, box) {
  const { rules } = view.guideline, wanted = boundaryOf(view, box);
  const about = rules.filter(({ boundary, kinds }) => (boundary === wanted || boundary.startsWith(`${wanted}:`)) && (!box?.kind || !kinds.length || kinds.includes(box.kind)));
  const rule = about[0] ?? rules.find(({ kinds }) => box?.kind && kinds.includes(box.kind)) ?? rules[0];
  element("rule-card").hidden = !rule;
  if (!rule) return;
  element("rule").textContent = rule.text;
  const shown = (examples, wrong) => examples.filter(({ picture_url }) => picture_url).slice(0, 2).map(({ text, picture_url }) =>
    make("figure", { className: wrong ? "wrong" : "right" }, picture(picture_url, text), make("figcaption", {}, text)));
  fill("rule-pictures", rule.id, () => [...shown(rule.examples, false), ...shown(rule.counter_examples, true)]);
}

export function rulesList(view) {
  const { rules, when_to_skip: skip, when_to_escalate: escalate = [], text } = view.guideline;
  const list = (items) => make("ul", {}, ...items.map((item) => make("li", {}, item)));
  return [
    make("p", {}, text),
    list(rules.map((rule) => rule.text)),
    make("h3", {}, "When to skip"), list(skip),
    ...(escalate.length ? [make("h3", {}, "When to ask an expert"), list(escalate)] : []),
  ];
}

export function showPlan(view, box, chooseProduct) {
  const { planogram } = view;
  element("plan-note").textContent = planogram ? "" : view.no_planogram ?? "";
  element("plan-there").hidden = !planogram;
  if (!planogram) return;
  const inView = planogram.positions.filter(({ in_view }) => in_view !== false);
  const numbers = new Set(inView.map(({ shelf }) => shelf));
  fill("plan-there", view.id, () => layOut(planogram.positions).filter(({ number }) => numbers.has(number)).map(({ slots }) =>
    make("div", { className: "planned" }, ...slots.map(({ row, left, width }) => {
      const position = planogram.positions[row], product = view.products[position.gtin];
      const made = make("button", { type: "button", className: "planned-slot", title: product?.name ?? position.gtin, ariaLabel: product?.name ?? position.gtin, tabIndex: -1 },
        product?.picture_url ? picture(product.picture_url) : make("span", {}, product?.name ?? position.gtin));
      made.dataset.gtin = position.gtin;
      made.classList.toggle("away", position.in_view === false);
      Object.assign(made.style, { left: `${100 * left}%`, width: `${100 * width}%` });
      made.addEventListener("click", () => chooseProduct(position));
      return made;
    }))));
  for (const made of element("plan-there").querySelectorAll("button")) made.classList.toggle("at", made.dataset.gtin === box?.gtin);
}

export function showSiblings(view, box, name) {
  const siblings = (view.products[box?.gtin]?.siblings ?? []).slice(0, MOST_SIBLINGS).map((gtin) => view.products[gtin]).filter(Boolean);
  element("siblings-card").hidden = !siblings.length;
  fill("siblings", siblings.map(({ gtin }) => gtin).join(), () => siblings.map((product) => {
    const made = make("button", { type: "button", className: "sibling", tabIndex: -1, disabled: !name, title: name ? `It is ${product.name}` : "" },
      product.picture_url ? picture(product.picture_url) : null, make("span", {}, product.name));
    if (name) made.addEventListener("click", () => name(product));
    return make("li", {}, made);
  }));
}
