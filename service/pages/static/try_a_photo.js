// "Try a photo": sends a photo to POST /v1/analyze and draws what comes back.

import { element, make, say } from "./elements.js";
import { onKeys } from "./keyboard.js";
import { read, send } from "./service.js";

const stage = element("stage"), canvas = element("canvas"), file = element("file");
const pen = canvas.getContext("2d");
// The overlay pictures use the same ramp: teal is sure, orange is not.
const RAMP = [[0, 128, 128], [222, 203, 164], [230, 97, 1]];
const WORDS = { facing: "facing", shelf: "edge", tag: "tag", gap: "gap" };

const LONG_SIDE = 2000; // of the picture that is drawn: a camera's 16 megapixels would be scaled down again on every move

let picture = null; // canvas with the photo, upright
let answer = null; // what the API answered
let selected = -1; // row of answer.detections, which come in reading order
let boxes = true; // whether they are drawn; the selected one always is
let latest = 0; // counts photos, so that a slow answer cannot overwrite a newer one

// --- photo in ---

async function look(photo) {
  const turn = ++latest, begin = performance.now();
  const answering = analyze(photo); // while the browser decodes the photo for itself
  answering.catch(() => {}); // reported below
  try {
    picture = await shrunk(photo);
  } catch {
    return say("This file is not a picture that the browser can show.", "wrong");
  }
  if (turn !== latest) return;
  [answer, selected] = [null, -1];
  stage.dataset.state = "working";
  element("result").hidden = element("retake").hidden = true;
  element("another").hidden = false;
  say("Looking…");
  show();
  try {
    const found = await answering;
    if (turn !== latest) return;
    answer = found;
    report((performance.now() - begin) / 1000);
    describe();
  } catch (problem) {
    if (turn === latest) say(problem.message, "wrong");
  }
  if (turn === latest) stage.dataset.state = "shown";
  show();
}

async function shrunk(photo) {
  const bitmap = await createImageBitmap(photo, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONG_SIDE / Math.max(bitmap.width, bitmap.height));
  const small = Object.assign(document.createElement("canvas"), { width: Math.round(bitmap.width * scale), height: Math.round(bitmap.height * scale) });
  small.getContext("2d").drawImage(bitmap, 0, 0, small.width, small.height);
  bitmap.close();
  return small;
}

async function analyze(photo) {
  const form = new FormData();
  form.append("photo", photo);
  return (await send("POST", "/v1/analyze", form)).json();
}

file.addEventListener("change", () => {
  if (file.files[0]) look(file.files[0]);
  file.value = ""; // or choosing the same photo again would be no change
});
element("another").addEventListener("click", () => file.click());
addEventListener("paste", (event) => event.clipboardData.files[0] && look(event.clipboardData.files[0]));
for (const name of ["dragover", "dragleave", "drop"]) {
  addEventListener(name, (event) => {
    event.preventDefault();
    stage.classList.toggle("over", name === "dragover");
    if (name === "drop" && event.dataTransfer.files[0]) look(event.dataTransfer.files[0]);
  });
}

// --- words and numbers ---

function report(seconds) {
  const { detections, condition, shelves, retake = [] } = answer;
  const count = (kind) => detections.filter((detection) => detection.kind === kind).length;
  say(`${detections.length} detections in ${seconds.toFixed(2)} s.${answer.truncated ? " There are more than are shown: photograph a smaller part of the shelf." : ""}`);
  element("retake").hidden = !retake.length;
  element("retake").replaceChildren(...retake.map(({ message }) => make("li", {}, message)));
  element("counts").replaceChildren(...Object.keys(WORDS).map((kind) =>
    make("li", {}, make("b", {}, count(kind)), count(kind) === 1 ? WORDS[kind] : `${WORDS[kind]}s`)));
  list("facts", {
    Shelves: new Set(shelves.map((shelf) => shelf.number)).size,
    Light: condition.lighting,
    Angle: condition.angle,
    Photo: `${answer.width} × ${answer.height}`,
    Faces: answer.faces_blurred ? `${answer.faces_blurred} blurred` : "none",
    Model: `version ${answer.model_version}`,
    ...(answer.unknown_policy && { Unknown: answer.unknown_policy.message }),
  });
  element("result").hidden = false;
}

const names = new Map(); // by GTIN, of products that were asked for

// The GTIN stands for the name until that is here.
function nameOf(gtin) {
  if (!names.has(gtin)) {
    names.set(gtin, gtin);
    read(`/v1/products/${gtin}`).then(({ name }) => (names.set(gtin, name), describe()), () => {});
  }
  return names.get(gtin);
}

function describe() {
  const detection = answer?.detections[selected];
  if (!detection) return list("detection", {}, "Point at a box, or step with the arrow keys.");
  const { kind, confidence, gtin, naming, uncertainty, shelf, place } = detection;
  const share = (number) => `${(100 * number).toFixed(1)} %`;
  list("detection", {
    Kind: WORDS[kind],
    ...(shelf && { Shelf: shelf, Place: place }),
    ...(gtin && { Product: nameOf(gtin), GTIN: gtin }),
    ...(naming && { Named: naming.unknown ? "shows no known product" : share(naming.probability) }),
    ...(naming?.products.length > 1 && { "One of": naming.products.map((one) => nameOf(one.gtin)).join(", ") }),
    Confidence: share(confidence),
    Uncertainty: share(uncertainty.value),
    Margin: share(uncertainty.margin),
    Localisation: share(uncertainty.localisation),
    Number: `${selected + 1} of ${answer.detections.length}`,
  });
}

function list(id, facts, otherwise = "") {
  const rows = Object.entries(facts).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]);
  if (!rows.length) rows.push(make("dd", { className: "quiet" }, otherwise));
  element(id).replaceChildren(...rows);
}

// --- drawing ---

function show() {
  if (!picture) return;
  const room = stage.clientWidth - 2, height = Math.max(innerHeight * 0.78, 320);
  const scale = Math.min(room / picture.width, height / picture.height);
  const density = devicePixelRatio || 1;
  canvas.style.width = `${picture.width * scale}px`;
  canvas.width = Math.round(picture.width * scale * density);
  canvas.height = Math.round(picture.height * scale * density);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  if (!answer) return;
  const toCanvas = canvas.width / answer.width;
  if (selected >= 0) {
    pen.fillStyle = "rgb(0 0 0 / 45%)";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    const [x, y, width, height] = rectangle(answer.detections[selected], toCanvas);
    const back = picture.width / answer.width / toCanvas;
    pen.drawImage(picture, x * back, y * back, width * back, height * back, x, y, width, height);
  }
  if (boxes) answer.detections.forEach((detection, row) => row !== selected && outline(detection, toCanvas, density, selected >= 0 ? 0.4 : 1));
  for (const shelf of answer.shelves) underline(shelf, toCanvas, density);
  if (selected >= 0) outline(answer.detections[selected], toCanvas, density * 1.6, 1);
}

function outline(detection, toCanvas, unit, opacity) {
  const [x, y, width, height] = rectangle(detection, toCanvas);
  pen.globalAlpha = opacity;
  const thickness = unit * (detection.kind === "shelf" ? 3 : detection.kind === "tag" ? 1.25 : 2);
  pen.setLineDash(detection.kind === "tag" ? [4 * unit, 3 * unit] : []);
  pen.beginPath();
  pen.rect(x, y, width, height);
  if (detection.kind === "gap") {
    pen.moveTo(x, y);
    pen.lineTo(x + width, y + height);
    pen.moveTo(x + width, y);
    pen.lineTo(x, y + height);
  }
  // A dark line below the coloured one keeps it visible on packaging of its own colour.
  for (const [style, extra] of [["rgb(0 0 0 / 55%)", 1.5 * unit], [colour(detection.uncertainty.value), 0]]) {
    [pen.strokeStyle, pen.lineWidth] = [style, thickness + extra];
    pen.stroke();
  }
  pen.globalAlpha = 1;
  pen.setLineDash([]);
}

function underline({ number, line: [x1, y1, x2, y2] }, toCanvas, unit) {
  pen.beginPath();
  pen.moveTo(x1 * toCanvas, y1 * toCanvas);
  pen.lineTo(x2 * toCanvas, y2 * toCanvas);
  for (const [style, width] of [["rgb(0 0 0 / 55%)", 4.5 * unit], ["white", 2 * unit]]) {
    [pen.strokeStyle, pen.lineWidth] = [style, width];
    pen.stroke();
  }
  const radius = 9 * unit, x = Math.max(x1 * toCanvas, radius), y = Math.min(Math.max(y1 * toCanvas, radius), canvas.height - radius);
  pen.fillStyle = "white";
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
  pen.fillStyle = "black";
  pen.font = `600 ${11 * unit}px system-ui, sans-serif`;
  [pen.textAlign, pen.textBaseline] = ["center", "middle"];
  pen.fillText(number, x, y + unit / 2);
}

function rectangle({ box: [x1, y1, x2, y2] }, toCanvas) {
  return [x1 * toCanvas, y1 * toCanvas, (x2 - x1) * toCanvas, (y2 - y1) * toCanvas];
}

function colour(value) {
  const [from, to, part] = value < 0.5 ? [RAMP[0], RAMP[1], value * 2] : [RAMP[1], RAMP[2], value * 2 - 1];
  return `rgb(${from.map((channel, i) => Math.round(channel + (to[i] - channel) * part)).join(" ")})`;
}

// --- pointing and stepping ---

function select(row) {
  if (row === selected) return;
  selected = row;
  describe();
  show();
}

canvas.addEventListener("pointermove", (event) => {
  if (!answer) return;
  const frame = canvas.getBoundingClientRect();
  const toPhoto = answer.width / frame.width;
  select(smallestAt((event.clientX - frame.left) * toPhoto, (event.clientY - frame.top) * toPhoto));
});
canvas.addEventListener("pointerleave", () => select(-1));
onKeys(
  { ArrowRight: () => step(1), ArrowLeft: () => step(-1), ArrowDown: () => climb(1), ArrowUp: () => climb(-1), Escape: () => select(-1), o: toggle },
  () => answer?.detections.length,
);

function step(by) {
  const most = answer.detections.length;
  select(selected < 0 ? (by > 0 ? 0 : most - 1) : (selected + by + most) % most);
}

// To the nearest facing on the shelf below or above.
function climb(by) {
  const from = answer.detections[selected];
  if (!from?.shelf) return step(by);
  const middle = ({ box: [x1, , x2] }) => (x1 + x2) / 2;
  let best = selected, least = Infinity;
  answer.detections.forEach((detection, row) => {
    const far = Math.abs(middle(detection) - middle(from));
    if (detection.shelf === from.shelf + by && far < least) [best, least] = [row, far];
  });
  select(best);
}

function toggle() {
  boxes = !boxes;
  show();
}

function smallestAt(x, y) {
  let best = -1, least = Infinity;
  answer.detections.forEach(({ box: [x1, y1, x2, y2] }, row) => {
    const area = (x2 - x1) * (y2 - y1);
    if (x1 <= x && x <= x2 && y1 <= y && y <= y2 && area < least) [best, least] = [row, area];
  });
  return best;
}

new ResizeObserver(show).observe(stage);
