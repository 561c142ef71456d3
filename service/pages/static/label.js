// "Label": one task after the other, by keyboard alone or by pointer. What is confirmed is sent behind the scenes.

import { counted, element, fail, say } from "./elements.js";
import { boxTask } from "./label_box_task.js";
import { workClock } from "./label_clock.js";
import { drafts as draftsOf } from "./label_drafts.js";
import { onLabelKeys } from "./label_keys.js";
import { outbox } from "./label_outbox.js";
import { rulesList, showBox, showPlan, showPosition, showRule, showSiblings, showTask } from "./label_panel.js";
import { passing } from "./label_passing.js";
import { wantedTasks } from "./label_queue.js";
import { stage as stageOf } from "./label_stage.js";
import { labelStore } from "./label_store.js";
import { verdictTask } from "./label_verdict_task.js";
import { workInHand } from "./label_work.js";
import { productSearch } from "./product_search.js";
import { onKeyChange, read } from "./service.js";

const page = element("label");

let task = null; // in hand: {id, token, …}
let view = null; // all that is shown of it
let photo = null;
let doing = null; // a task of boxes or of verdicts, with what was done so far
let done = 0; // tasks since the page was opened
let cutOff = false; // whether there is no task because none could be fetched
let turn = 0; // counts what is opened, so that a slow answer cannot overwrite a newer one

const store = labelStore(element("key").value.trim());
const drafts = draftsOf(store);
const clock = workClock();
const queue = wantedTasks();
const asked = location.pathname.split("/")[2]; // a task's own page
const work = workInHand(store, { wanted: queue.wanted, failed: fail, ahead: (number) => (page.dataset.ahead = number) });
const sending = outbox(store, { sent, refused, state: showSending });

const stage = stageOf(element("stage"), {
  chosen: (id) => doing?.choose(id),
  moved: (id, box) => doing?.moved(id, box),
  drawn: (box) => doing?.drawn(box),
  editable: () => view?.kind === "boxes",
});

// --- one task after the other ---

async function next() {
  const now = ++turn;
  doing = null; // what is pressed or pointed at meanwhile is not for the earlier one
  page.dataset.state = "loading";
  let first = null;
  try {
    first = await work.first();
    const loaded = first && (await work.loadedOf(first.id));
    if (now !== turn) return;
    if (first) open(first, loaded);
    else rest();
  } catch (problem) {
    if (now !== turn) return;
    if (!problem.code || !first) return rest(problem);
    work.drop(first.id); // it was taken away meanwhile, or its photo deleted
    next();
  }
}

function open(first, loaded) {
  [task, cutOff] = [first, false];
  ({ view, photo } = loaded);
  const draft = task.token && drafts.newest(task, view);
  const begin = view.kind === "verdicts" ? verdictTask : boxTask;
  const opened = begin(view, draft, { nameOf, changed, grain: () => stage.grain });
  stage.show(photo, view.tile, opened.shapes());
  doing = opened;
  clock.start(draft?.seconds ?? 0);
  page.dataset.state = "working";
  page.dataset.kind = view.kind;
  page.dataset.task = task.id;
  showTask(view);
  say(draft ? "You began with this one before: it is as you left it." : "");
  element("stage").focus({ preventScroll: true });
  draw();
  performance.getEntriesByName("confirmed").length && performance.measure("next task", "confirmed");
  performance.clearMarks("confirmed");
}

// The page of one task: to go on with if it is in hand, else to look at.
async function openAsked() {
  if (work.toFront(asked)) return next();
  try {
    const loaded = await work.loadedOf(asked);
    open({ id: asked, token: null }, loaded);
    say("You do not hold this task: nothing that is changed here is sent.");
  } catch (problem) {
    rest(problem);
  }
}

function rest(problem = null) {
  [task, view, cutOff] = [null, null, problem !== null];
  stage.clear();
  page.dataset.state = "resting";
  element("rest-title").textContent = problem ? "No task could be fetched." : "Nothing waits for you.";
  element("rest-why").textContent = problem ? problem.message : queue.isNarrow() ? "Other stores or categories may have some." : "New tasks come with the next round.";
}

function confirm() {
  if (!doing || !task.token) return page.dataset.state !== "loading" && next();
  const trouble = doing.trouble();
  if (trouble) {
    doing.choose(trouble.id);
    return say(trouble.message, "wrong");
  }
  performance.mark("confirmed");
  leave({ path: doing.path, body: { lease_token: task.token, ...doing.body(), seconds: Math.round(10 * clock.seconds()) / 10 } });
}

// Goes on with the next one; the service hears of this one as soon as it can.
function leave({ path, body }) {
  const { id, token } = task;
  store.keepDraft(id, { number: Math.max(Date.now(), store.draft(id)?.number ?? 0), content: content() });
  drafts.forget(task);
  work.drop(id);
  sending.put({ id, token, began: task.began, ends: task.ends, path, body });
  next();
}

const content = () => ({ ...doing.content(), seconds: clock.seconds() });

function sent(entry) {
  store.dropDraft(entry.id);
  if (!/\/(annotations|verdicts)$/.test(entry.path)) return;
  done += 1;
  showSending({ waiting: store.hand.waiting.length, offline: false });
  queue.refresh();
  if (cutOff) next(); // the connection is back, whatever the browser says of it
}

// What was drawn is still in the drafts, so that nothing is lost whatever the reason.
function refused(entry, problem) {
  const ended = ["lease-expired", "lease-not-yours", "lease-already-used", "task-not-found"].includes(problem.code);
  if (ended) return say(`${problem.message} What you drew is kept: when you get this task again, it is as you left it.`, "wrong");
  work.putBack({ id: entry.id, token: entry.token, began: entry.began, ends: entry.ends });
  next().then(() => {
    const id = task?.id === entry.id && doing.atFault(problem.field);
    if (id) doing.choose(id);
    say(`This task came back: ${problem.message}`, "wrong");
  });
}

function showSending({ waiting, offline }) {
  page.dataset.offline = offline;
  element("sending").textContent = offline
    ? `No connection: ${counted(waiting, "task")} kept here, sent as soon as it is back.`
    : waiting ? `Sending ${counted(waiting, "task")}…` : done ? `${counted(done, "task")} done` : "";
}

// --- what is shown ---

function nameOf(gtin) {
  if (!view.products[gtin]) {
    view.products[gtin] = { gtin, name: gtin, siblings: [], picture_url: null };
    const { products } = view;
    read(`/v1/products/${gtin}`).then(({ name }) => {
      products[gtin].name = name;
      if (view?.products === products) draw();
    }, () => {});
  }
  return view.products[gtin].name;
}

// After each change: what is drawn is kept before it is shown.
function changed({ reveal = false } = {}) {
  if (!doing) return;
  if (!reveal && task.token) {
    drafts.save(task, content());
    work.extend(task);
    say("");
  }
  draw();
  if (reveal && doing.chosen?.box) stage.reveal(doing.chosen.box);
}

let searched = null; // the box that the search is about

function draw() {
  if (!doing) return;
  const chosen = doing.chosen ?? null;
  stage.draw(doing.shapes(), chosen?.id ?? null);
  if (view.kind === "verdicts") showPosition(doing, view, photo);
  else showBox(doing, view, photo);
  showRule(view, chosen);
  showPlan(view, chosen, (position) => (view.kind === "verdicts" ? doing.choose(`${position.shelf}-${position.slot}`) : doing.chosen && nameIt(view.products[position.gtin])));
  showSiblings(view, chosen, view.kind === "boxes" ? nameIt : null);
  element("undo").disabled = !doing.canUndo;
  element("redo").disabled = !doing.canRedo;
  for (const id of ["delete", "closer"]) element(id).disabled = !chosen;
  element("again").disabled = !chosen || !doing.lastNamed;
  element("again").title = doing.lastNamed ? `It is ${nameOf(doing.lastNamed)}, too` : "";
  if (chosen?.kind === "facing" && searched !== `${task.id} ${chosen.id} ${chosen.gtin}`) {
    searched = `${task.id} ${chosen.id} ${chosen.gtin}`;
    search.clear();
  }
}

// --- naming ---

const guesses = () => {
  const box = doing?.chosen;
  if (!box || view.kind !== "boxes") return [];
  return doing.guesses(box).map(({ gtin, probability }) => ({ ...view.products[gtin], gtin, name: nameOf(gtin), said: `${Math.round(100 * probability)} %` }));
};

function nameIt(product) {
  view.products[product.gtin] ??= { siblings: [], picture_url: null, ...product };
  searched = null; // even if it has this name already
  doing.name(product.gtin);
  element("stage").focus({ preventScroll: true });
}

const search = productSearch(element("search"), element("products"), { otherwise: guesses, chosen: nameIt, failed: fail });

async function findAlike() {
  const box = doing.chosen;
  if (box?.kind !== "facing") return;
  const [x1, y1, x2, y2] = box.box;
  try {
    const { products, message } = await read(`/v1/tasks/${task.id}/likeness?${new URLSearchParams({ x1, y1, x2, y2, most: 8 })}`);
    if (doing.chosen?.id !== box.id) return;
    if (!products.length) return say(message);
    search.offer(products);
  } catch (problem) {
    fail(problem);
  }
}

// --- buttons and keys ---

const pass = passing({
  skip: (body) => leave({ path: `/v1/tasks/${task.id}/skip`, body: { lease_token: task.token, ...body } }),
  escalate: (body) => leave({ path: `/v1/tasks/${task.id}/escalate`, body: { lease_token: task.token, ...body } }),
});

let boxesShown = true;

function toggleBoxes() {
  boxesShown = !boxesShown;
  stage.setVisible(boxesShown);
  element("boxes").setAttribute("aria-pressed", boxesShown);
}

const help = element("help");

function openHelp() {
  element("rules").replaceChildren(...(view ? rulesList(view) : []));
  help.showModal();
}

const onTask = (act) => () => doing && act();
const onHeld = (act) => () => doing && task.token && act();
const buttons = {
  confirm,
  undo: onTask(() => doing.act("u")),
  redo: onTask(() => doing.act("U")),
  draw: onTask(() => view.kind === "boxes" && stage.setDrawing(!stage.isDrawing)),
  delete: onTask(() => doing.act("x")),
  again: onTask(() => doing.act("r")),
  unnamed: onTask(() => doing.act("c")),
  alike: onTask(findAlike),
  closer: onTask(() => doing.chosen?.box && stage.zoomTo(doing.chosen.box)),
  smaller: onTask(() => stage.zoomBy(-1)),
  larger: onTask(() => stage.zoomBy(1)),
  fit: onTask(stage.fit),
  boxes: onTask(toggleBoxes),
  skip: onHeld(pass.skip),
  escalate: onHeld(pass.escalate),
  "show-help": openHelp,
  look: next,
};
for (const [id, act] of Object.entries(buttons)) element(id).addEventListener("click", () => act());

const everywhere = { Enter: confirm, "?": openHelp };
const onAny = {
  ...everywhere,
  d: buttons.draw,
  "/": () => !element("facing").hidden && element("search").focus(),
  l: buttons.alike,
  z: buttons.closer,
  "+": buttons.larger,
  "=": buttons.larger,
  "-": buttons.smaller,
  0: buttons.fit,
  Space: buttons.boxes,
  s: buttons.skip,
  e: buttons.escalate,
};
// Tab goes from box to box while the photo has the focus; Escape, pressed until no box is chosen, leaves the photo.
const atPhoto = () => document.activeElement === document.body || element("stage").contains(document.activeElement);
const onPhoto = (key) => () => (atPhoto() ? doing.act(key) : false);

function leavePhoto() {
  if (doing.chosen) return doing.choose(null);
  (view.kind === "boxes" ? element("draw") : element("boxes")).focus();
}

onLabelKeys(() => {
  if (!doing) return everywhere;
  if (stage.isDrawing) return { ...onAny, Escape: () => stage.setDrawing(false) };
  return { ...onAny, ...doing.keys, Tab: onPhoto("Tab"), "Shift+Tab": onPhoto("Shift+Tab"), Escape: leavePhoto };
});

queue.onChange(() => work.giveBackOthers().then(() => doing || next()));
addEventListener("pagehide", () => doing?.canUndo && task.token && drafts.save(task, content()));
addEventListener("online", () => page.dataset.state === "resting" && next());
onKeyChange(() => location.reload()); // tasks in hand belong to a key
sending.flush();
if (asked) openAsked();
else next();
