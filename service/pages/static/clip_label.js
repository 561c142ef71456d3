// "Label clips": a piece of a clip, its frames, and the events that are marked in it by keyboard alone.

import { markedEvents } from "./clip_events.js";
import { framesOf } from "./clip_frames.js";
import { counted, element, fail, make, say } from "./elements.js";
import { onKeys } from "./keyboard.js";
import { onKeyChange, send } from "./service.js";

// What a reload finds again: the piece at hand with what is marked in it, and the one that comes after it.
const KEPT = "shelfloop-clip-piece", AFTER = "shelfloop-clip-after";
const ON_STRIP = 10, AGAIN = 10_000, A_BREAK = 60_000; // pictures; milliseconds
const LOST = ["lease-expired", "lease-already-used", "lease-not-yours", "clip-task-not-found"];
const EXTEND_EVERY = 5 * 60_000;
const clipId = new URLSearchParams(location.search).get("clip");
const canvas = element("frame"), line = element("line"), strip = element("strip");

let kinds = [], at = null; // the piece: { token, task, frames, marks }
let coming = null; // a promise of the next one
let frame = 0, playing = 0, speed = 1, boxes = true, working = false, waiting = 0;
let spent = 0, lastTouched = Date.now();

// --- pieces ---

const kept = (name) => {
  const piece = JSON.parse(localStorage.getItem(name) ?? "null");
  return piece && (!clipId || piece.task.clip_id === clipId) ? piece : null;
};
const withFrames = (piece) => piece && { ...piece, frames: framesOf(piece.task) };

// Holds a piece for longer, and says whether it is still held; without an answer it may be.
async function hold({ task, token }) {
  try {
    await send("POST", `/v1/clips/tasks/${task.id}/extend`, { lease_token: token });
  } catch ({ code }) {
    return !LOST.includes(code);
  }
  return true;
}

async function lease() {
  const waits = kept(AFTER);
  if (waits && waits.task.id !== at?.task.id && (await hold(waits))) return withFrames(waits);
  const answer = await (await send("POST", "/v1/clips/tasks/lease", clipId ? { clip_id: clipId } : {})).json();
  const [task] = answer.tasks;
  if (!task) return null;
  const piece = { token: answer.lease_token, task, kinds: answer.event_kinds };
  localStorage.setItem(AFTER, JSON.stringify(piece));
  return withFrames(piece);
}

async function next() {
  clearTimeout(waiting);
  pause();
  try {
    const piece = at ? null : kept(KEPT);
    show(piece && (await hold(piece)) ? withFrames(piece) : await (coming ?? lease()));
    if (at) extend();
  } catch (problem) {
    fail(problem);
    show(null);
  }
  coming = null;
  if (!at) return void (waiting = setTimeout(next, AGAIN));
  coming = lease();
  coming.catch(() => (coming = null));
}

function show(piece) {
  at?.frames.close();
  at = piece;
  if (at && at.task.id === kept(AFTER)?.task.id) localStorage.removeItem(AFTER);
  for (const id of ["stage", "line", "strip", "marking"]) element(id).hidden = !at;
  element("none").hidden = Boolean(at);
  element("where").textContent = "";
  if (!at) return localStorage.removeItem(KEPT);
  at.marks = markedEvents(at.task, at.state);
  [kinds, spent] = [at.kinds, at.spent ?? 0];
  lastTouched = Date.now();
  const { task } = at, from = new Date(new Date(task.recorded_at).getTime() + 1000 * task.start);
  element("where").textContent = `${[task.store_id, task.camera_id].filter(Boolean).join(", ")}, ${from.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" })}, ${(task.end - task.start).toFixed(0)} s`;
  [canvas.width, canvas.height] = [task.width, task.height];
  showKinds();
  showStrip();
  seek(0);
  describe();
}

function keep() {
  const { token, task, marks } = at;
  localStorage.setItem(KEPT, JSON.stringify({ token, task, kinds, spent, state: marks.state }));
}

const closing = (path, more) => send("POST", `/v1/clips/tasks/${at.task.id}/${path}`, { lease_token: at.token, ...more });

async function finish(path, more, said) {
  if (!at || working) return;
  working = true;
  try {
    await closing(path, more);
    say(said);
  } catch (problem) {
    fail(problem);
    working = false;
    if (!LOST.includes(problem.code)) return;
  }
  working = false;
  localStorage.removeItem(KEPT);
  await next();
}

function confirm() {
  touched();
  const events = at.marks.answer();
  if (at.marks.state.start !== null) return say("A start is marked without an event: press its digit, or Esc.", "wrong");
  return finish("annotations", { events, seconds: Math.round(spent / 100) / 10 }, `${counted(events.length, "event")} kept.`);
}

const skip = () => finish("skip", { reason: element("reason").value }, "Skipped.");

// Breaks are not counted: a minute without a key is one.
function touched() {
  const now = Date.now();
  if (now - lastTouched < A_BREAK) spent += now - lastTouched;
  lastTouched = now;
}

// A piece that was fetched ahead is held from now on; one whose hold ended has gone back to the queue.
async function extend() {
  const piece = at;
  if ((await hold(piece)) || piece !== at) return;
  say("This piece was held for too long without a key, and went back to the queue.", "wrong");
  await next();
}

setInterval(() => at && Date.now() - lastTouched < EXTEND_EVERY && extend(), EXTEND_EVERY);

// --- frames ---

function seek(to) {
  frame = Math.max(0, Math.min(at.task.times.length - 1, to));
  draw();
  const { times } = at.task;
  element("clock").textContent = `${times[frame].toFixed(2)} s, frame ${frame + 1} of ${times.length}`;
  line.setAttribute("aria-valuemin", 0);
  line.setAttribute("aria-valuemax", times.length - 1);
  line.setAttribute("aria-valuenow", frame);
  const now = line.querySelector(".now");
  if (now) now.style.left = share(frame + 0.5);
  const shown = Math.floor((frame * strip.children.length) / times.length);
  [...strip.children].forEach((item, place) => item.firstChild.setAttribute("aria-current", place === shown));
}

async function draw() {
  const piece = at, wanted = frame;
  const bitmap = await piece.frames.bitmap(wanted).catch(() => null);
  if (piece !== at || wanted !== frame || !bitmap) return;
  const pen = canvas.getContext("2d");
  pen.drawImage(bitmap, 0, 0);
  canvas.dataset.frame = wanted;
  if (!boxes) return;
  [pen.lineWidth, pen.font] = [2, "600 14px system-ui, sans-serif"];
  for (const { id, boxes: seen } of piece.task.tracks) {
    const box = seen.find(([number]) => number === wanted);
    if (!box) continue;
    const [, x1, y1, x2, y2] = box, chosen = piece.marks.state.events[piece.marks.state.chosen]?.track === id;
    pen.strokeStyle = chosen ? "#ffd400" : "rgb(255 255 255 / 75%)";
    pen.strokeRect(x1, y1, x2 - x1, y2 - y1);
    pen.fillStyle = pen.strokeStyle;
    pen.fillText(String(id), x1 + 3, Math.max(14, y1 - 4));
  }
}

function play() {
  if (playing) return pause();
  if (frame === at.task.times.length - 1) seek(0);
  const { times } = at.task, each = (1000 * (times.at(-1) - times[0])) / Math.max(1, times.length - 1) || 250;
  playing = setInterval(() => {
    touched();
    if (frame >= times.length - 1) return pause();
    seek(frame + 1);
  }, each / speed);
  describePlay();
}

function pause() {
  clearInterval(playing);
  playing = 0;
  describePlay();
}

function faster() {
  speed = speed >= 4 ? 1 : speed * 2;
  if (playing) [pause(), play()];
  describePlay();
}

function describePlay() {
  element("play").replaceChildren(playing ? "Pause " : speed > 1 ? `Play ${speed}× ` : "Play ", make("kbd", {}, "Space"));
}

function showStrip() {
  const { times } = at.task, count = Math.min(ON_STRIP, times.length);
  strip.replaceChildren(...Array.from({ length: count }, (_, place) => {
    const number = Math.floor((place * times.length) / count), image = make("img", { alt: `${times[number].toFixed(1)} s` });
    at.frames.url(number).then((url) => (image.src = url)).catch(fail);
    const button = make("button", { type: "button", tabIndex: -1 }, image);
    button.addEventListener("click", () => seek(number));
    return make("li", {}, button);
  }));
}

// --- events ---

const share = (number) => `${(100 * number) / at.task.times.length}%`;
const digitOf = (event) => kinds.findIndex(({ id }) => id === event) + 1;
const nameOf = (event) => kinds.find(({ id }) => id === event)?.name ?? event;

function describe() {
  const { events, start, end, chosen } = at.marks.state, { times } = at.task;
  const span = (from, to, properties, text = "") => {
    const made = make("span", properties, text);
    [made.style.left, made.style.width] = [share(from), share(to + 1 - from)];
    return made;
  };
  const marks = events.map((one, place) => span(one.start, one.end, { className: place === chosen ? "event at" : "event", dataset: { event: digitOf(one.event) } }, String(digitOf(one.event))));
  const open = start === null ? [] : [span(start, end ?? Math.max(start, frame), { className: "open" })];
  const now = make("span", { className: "now" });
  now.style.left = share(frame + 0.5);
  line.replaceChildren(...moving(), ...marks, ...open, now);
  element("events").replaceChildren(...events.map((one, place) => {
    const button = make("button", { type: "button", className: place === chosen ? "at" : "", ariaPressed: String(place === chosen), dataset: { event: digitOf(one.event) } },
      make("span", { className: "digit" }, String(digitOf(one.event))), make("span", {}, nameOf(one.event), one.track === null ? null : make("small", {}, ` of ${one.track}`)),
      make("small", {}, `${times[one.start].toFixed(2)} – ${(times[one.end + 1] ?? at.task.end).toFixed(2)} s`));
    button.addEventListener("click", () => choose(place));
    return make("li", {}, button);
  }));
  element("nothing").hidden = events.length > 0;
  element("pending").textContent = start === null ? "" : `From ${times[start].toFixed(2)} s${end === null ? "" : ` to ${(times[end + 1] ?? at.task.end).toFixed(2)} s`}: which event?`;
  element("remove").disabled = chosen < 0;
  const ongoing = goingOn();
  element("going-on").replaceChildren(...(ongoing ? [goOnButton(ongoing)] : []));
  keep();
}

// How much moves, by the area of the boxes in each frame.
function moving() {
  const { width, height, tracks, times } = at.task, areas = new Array(times.length).fill(0);
  for (const { boxes: seen } of tracks) for (const [number, x1, y1, x2, y2] of seen) areas[number] += ((x2 - x1) * (y2 - y1)) / (width * height);
  const most = Math.max(...areas, 0.01);
  return areas.map((area, number) => {
    const bar = make("span", { className: "moving" });
    Object.assign(bar.style, { left: share(number), width: share(1), height: `${(100 * area) / most}%` });
    return bar;
  });
}

function showKinds() {
  element("kinds").replaceChildren(...kinds.map(({ id, name, description }, place) => {
    const button = make("button", { type: "button", title: description, dataset: { event: place + 1 } }, make("span", { className: "digit" }, String(place + 1)), make("span", {}, name, make("small", {}, description)));
    button.addEventListener("click", () => setKind(place));
    return make("li", {}, button);
  }));
}

function setKind(place) {
  if (!kinds[place]) return;
  if (!at.marks.kind(kinds[place].id, frame)) say("Mark where it starts with i, and where it ends with o, then press its digit.", "wrong");
  else say("");
}

// The event of the piece before that is not gone on with yet.
const goingOn = () => at.task.going_on.find(({ event }) => !at.marks.state.events.some((one) => one.event === event && one.start === 0));

function goOn() {
  const ongoing = goingOn();
  if (!ongoing) return;
  const track = at.task.tracks.some(({ id }) => id === ongoing.track) ? ongoing.track : null;
  at.marks.add({ event: ongoing.event, start: 0, end: frame, track });
}

function goOnButton({ event }) {
  const button = make("button", { type: "button", className: "plain" }, `${nameOf(event)} goes on from the piece before: until this frame `, make("kbd", {}, "c"));
  button.addEventListener("click", marking(goOn));
  return button;
}

function choose(place) {
  const { events } = at.marks.choose(place);
  if (events[place]) seek(events[place].start);
  describe();
  draw();
}

const end = () => {
  if (!at.marks.end(frame)) say("The end is before the start.", "wrong");
};
const toggleBoxes = () => (boxes = !boxes);

// --- buttons and keys ---

function marking(act) {
  return () => {
    if (!at) return;
    touched();
    act();
    describe();
    draw();
  };
}
const going = (act) => () => {
  if (!at) return;
  touched();
  pause();
  seek(act());
  if (at.marks.state.start !== null) describe();
};

const actions = {
  " ": () => at && play(),
  f: () => at && faster(),
  i: marking(() => at.marks.start(frame)),
  o: marking(end),
  x: marking(() => at.marks.remove()),
  Delete: marking(() => at.marks.remove()),
  t: marking(() => at.marks.track()),
  u: marking(() => at.marks.undo()),
  c: marking(goOn),
  b: marking(toggleBoxes),
  Escape: marking(() => at.marks.letGo()),
  ArrowDown: () => at && choose(at.marks.state.chosen + 1),
  ArrowUp: () => at && choose(at.marks.state.chosen < 0 ? at.marks.state.events.length - 1 : at.marks.state.chosen - 1),
  ArrowRight: going(() => frame + 1),
  ArrowLeft: going(() => frame - 1),
  Home: going(() => 0),
  End: going(() => at.task.times.length - 1),
  s: skip,
  Enter: () => at && confirm(),
  ...Object.fromEntries(Array.from({ length: 9 }, (_, place) => [String(place + 1), marking(() => setKind(place))])),
};
onKeys(actions);
addEventListener("keydown", (event) => {
  const by = { ArrowRight: 10, ArrowLeft: -10 }[event.key];
  if (!by || !event.shiftKey || !at || event.target.matches("input, select")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  going(() => frame + by)();
}, true);

for (const [id, key] of [["play", " "], ["start", "i"], ["end", "o"], ["remove", "x"], ["undo", "u"], ["skip", "s"], ["confirm", "Enter"]]) {
  element(id).addEventListener("click", () => actions[key]());
}
canvas.addEventListener("click", actions[" "]);
line.addEventListener("pointerdown", (event) => {
  line.setPointerCapture(event.pointerId);
  const to = ({ clientX }) => Math.floor(((clientX - line.getBoundingClientRect().left) / line.clientWidth) * at.task.times.length);
  const move = (moved) => going(() => to(moved))();
  line.addEventListener("pointermove", move);
  line.addEventListener("pointerup", () => line.removeEventListener("pointermove", move), { once: true });
  move(event);
});
onKeyChange(() => {
  show(null);
  localStorage.removeItem(AFTER);
  coming = null;
  next();
});
describePlay();
next();
