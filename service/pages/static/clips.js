// "Clips": what was sent, how far it is cut and labelled; sending another one, and events as files.

import { counted, element, fail, make, say } from "./elements.js";
import { onKeys } from "./keyboard.js";
import { onKeyChange, read, send } from "./service.js";

const AGAIN = 3000; // milliseconds until the page looks again while a clip waits
const list = element("clips"), form = element("send"), store = element("store"), camera = element("camera");
let stores = [], timer = 0;

const minutes = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, "0")}`;
const time = (text) => new Date(text).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

async function load() {
  clearTimeout(timer);
  let clips;
  try {
    clips = await read("/v1/clips");
  } catch (problem) {
    return fail(problem);
  }
  list.replaceChildren(...clips.map(card));
  const all = (state) => clips.reduce((sum, { pieces }) => sum + (pieces[state] ?? 0), 0);
  const waiting = all("queued") + all("leased");
  element("summary").textContent = `${counted(clips.length, "clip")}, ${counted(waiting, "piece")} to label`;
  element("none").hidden = clips.length > 0;
  element("label").hidden = !waiting;
  if (clips.some(({ state }) => state === "waiting")) timer = setTimeout(load, AGAIN);
}

function card(clip) {
  const { id, store_id, camera_id, recorded_at, state, error, seconds, faces, pieces, raw_deleted_at } = clip;
  const done = (pieces.labelled ?? 0) + (pieces.skipped ?? 0);
  const count = Object.values(pieces).reduce((sum, number) => sum + number, 0);
  const told = {
    waiting: () => ["Waits to be cut."],
    failed: () => [`Could not be cut: ${error}.`],
    cut: () => [
      `${minutes(seconds)} min, ${counted(count, "piece")} in which something moves, ${counted(faces, "face")} covered.`,
    ],
  }[state]();
  if (raw_deleted_at) told.push("The file that was sent is deleted.");
  return make("li", { dataset: { clipState: state } }, make("article", { className: "card" },
    make("p", { className: "row between" }, make("strong", {}, time(recorded_at)), make("small", {}, [store_id, camera_id].filter(Boolean).join(", "))),
    make("p", { className: "quiet told" }, told.join(" ")),
    count ? make("p", { className: "row between" }, make("progress", { max: count, value: done, ariaLabel: "Labelled or skipped" }), make("small", {}, `${done} of ${count} done`)) : null,
    make("a", { className: "plain", href: `/clips/label?clip=${id}`, hidden: done === count }, "Label this clip")));
}

async function loadKinds() {
  const kinds = await read("/v1/clips/events").catch(() => []);
  element("kinds").replaceChildren(...kinds.map(({ name, description }, place) =>
    make("li", {}, make("div", { dataset: { event: place + 1 } }, make("span", { className: "digit" }, String(place + 1)),
      make("span", {}, name, make("small", {}, description))))));
}

async function loadStores() {
  stores = await read("/v1/stores").catch(() => []);
  store.replaceChildren(...stores.map(({ id, name }) => make("option", { value: id }, name)));
  form.hidden = element("files").hidden = false;
  showCameras();
}

function showCameras() {
  const cameras = stores.find(({ id }) => id === store.value)?.cameras ?? [];
  camera.replaceChildren(camera.firstElementChild, ...cameras.map((id) => make("option", { value: id }, id)));
}

async function sendClip(event) {
  event.preventDefault();
  const file = element("file").files[0], recorded = element("recorded").value;
  const query = { store_id: store.value };
  if (camera.value) query.camera_id = camera.value;
  if (recorded) query.recorded_at = new Date(recorded).toISOString();
  element("go").disabled = true;
  say("Sending…");
  try {
    const { status } = await send("POST", `/v1/clips?${new URLSearchParams(query)}`, file);
    say(status === 200 ? "This very file was sent before." : "Sent: a worker cuts it now.");
    form.reset();
    showCameras();
  } catch (problem) {
    fail(problem);
  }
  element("go").disabled = false;
  load();
}

async function save(format) {
  try {
    const blob = await (await send("GET", `/v1/clips/export?format=${format}`)).blob();
    const link = make("a", { href: URL.createObjectURL(blob), download: `clip-events.${format}` });
    link.click();
    URL.revokeObjectURL(link.href);
  } catch (problem) {
    fail(problem);
  }
}

async function readBack() {
  const file = element("back").files[0];
  if (!file) return;
  try {
    const format = file.name.toLowerCase().endsWith(".csv") ? "csv" : "json";
    const { pieces, changed } = await (await send("POST", `/v1/clips/import?format=${format}`, file)).json();
    say(`${counted(pieces, "piece")} read back, ${changed} changed.`);
  } catch (problem) {
    fail(problem);
  }
  element("back").value = "";
  load();
}

form.addEventListener("submit", sendClip);
store.addEventListener("change", showCameras);
element("json").addEventListener("click", () => save("json"));
element("csv").addEventListener("click", () => save("csv"));
element("back").addEventListener("change", readBack);
onKeys({ l: () => element("label").hidden || element("label").click() });
function begin() {
  load();
  loadKinds();
  loadStores();
}
onKeyChange(begin);
begin();
