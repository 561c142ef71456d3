// Boxes and what can be done to them. No box and no list is ever changed in place, so that every state can come back.

export const KINDS = ["facing", "shelf", "tag", "gap"];
export const FLAGS = ["ignore", "occluded", "truncated"];

const SURE = 0.8, SMALLEST = 2; // probability; pixels
const REPEATED = 0.95; // overlap of two boxes of a kind that the service takes for one

// A box: {id, of (its place in the pre-labels, or null), kind, box, gtin, probability, ignore, occluded, truncated}.
export const fromPrelabels = (prelabels) => prelabels.map((prelabel, of) => ({
  id: `p${of}`,
  of,
  kind: prelabel.kind,
  box: prelabel.box,
  gtin: prelabel.gtin ?? null,
  probability: prelabel.probability ?? null,
  ...Object.fromEntries(FLAGS.map((flag) => [flag, Boolean(prelabel[flag])])),
}));

// What is sent: without what only the page needs.
export const submitted = (boxes) => boxes.map(({ kind, box, gtin, ...others }) => ({
  kind,
  box,
  ...(kind === "facing" && gtin ? { gtin } : {}),
  ...Object.fromEntries(FLAGS.filter((flag) => others[flag]).map((flag) => [flag, true])),
}));

// Whether somebody should look twice: a facing without a name, or with one that the model is not sure of.
export const isDoubtful = ({ kind, gtin, probability, ignore }) =>
  kind === "facing" && !ignore && (!gtin || (probability !== null && probability < SURE));

export const replaced = (boxes, id, change) => boxes.map((box) => (box.id === id ? { ...box, ...change } : box));
export const without = (boxes, id) => boxes.filter((box) => box.id !== id);

// --- where they are ---

export const centre = ([x1, y1, x2, y2]) => [(x1 + x2) / 2, (y1 + y2) / 2];
const tall = ([, y1, , y2]) => y2 - y1;

// In reading order: row by row, each from the left. A row is what overlaps its first box by its middle.
export function inReadingOrder(shapes) {
  const left = shapes.filter(({ box }) => box).sort((a, b) => centre(a.box)[1] - centre(b.box)[1]);
  const rows = [];
  for (const shape of left) {
    const row = rows.at(-1), [, y] = centre(shape.box);
    if (row && y - row.middle < 0.5 * Math.max(row.tall, tall(shape.box))) row.shapes.push(shape);
    else rows.push({ middle: y, tall: tall(shape.box), shapes: [shape] });
  }
  return rows.flatMap(({ shapes }) => shapes.sort((a, b) => centre(a.box)[0] - centre(b.box)[0]));
}

// The nearest one in a direction (dx, dy is one of the four), or undefined.
export function nearest(shapes, from, [dx, dy]) {
  const [x, y] = centre(from.box);
  let best, least = Infinity;
  for (const shape of shapes) {
    if (shape.id === from.id || !shape.box) continue;
    const [u, v] = centre(shape.box);
    const along = (u - x) * dx + (v - y) * dy, across = Math.abs((u - x) * dy) + Math.abs((v - y) * dx);
    if (along < 1 || across > 2 * along) continue;
    const far = along + 2 * across;
    if (far < least) [best, least] = [shape, far];
  }
  return best;
}

// Around a box: those whose middles are nearest, the nearest first.
export function around(shapes, from, most) {
  const [x, y] = centre(from.box);
  const far = ({ box }) => Math.hypot(centre(box)[0] - x, centre(box)[1] - y);
  return shapes.filter(({ id, box }) => box && id !== from.id).sort((a, b) => far(a) - far(b)).slice(0, most);
}

export function inside([x1, y1, x2, y2], [left, top, right, bottom]) {
  const clip = (value, low, high) => Math.round(10 * Math.min(Math.max(value, low), high)) / 10;
  const [a, c] = [clip(Math.min(x1, x2), left, right - SMALLEST), clip(Math.max(x1, x2), left + SMALLEST, right)];
  const [b, d] = [clip(Math.min(y1, y2), top, bottom - SMALLEST), clip(Math.max(y1, y2), top + SMALLEST, bottom)];
  return [a, b, Math.max(c, a + SMALLEST), Math.max(d, b + SMALLEST)];
}

// Moves the whole box, or with `edges` only those: "out" pushes the edge of that side outwards, "in" pulls the other way.
export function nudged([x1, y1, x2, y2], [dx, dy], step, edges = "all") {
  if (edges === "all") return [x1 + dx * step, y1 + dy * step, x2 + dx * step, y2 + dy * step];
  const by = edges === "out" ? step : -step;
  return [x1 - (dx < 0 ? by : 0), y1 - (dy < 0 ? by : 0), x2 + (dx > 0 ? by : 0), y2 + (dy > 0 ? by : 0)];
}

function overlap(a, b) {
  const wide = Math.min(a[2], b[2]) - Math.max(a[0], b[0]), high = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (wide <= 0 || high <= 0) return 0;
  const area = ([x1, y1, x2, y2]) => (x2 - x1) * (y2 - y1);
  return (wide * high) / (area(a) + area(b) - wide * high);
}

// The second of two boxes that are drawn over each other, which the service would refuse; undefined if there is none.
export const repeatedIn = (boxes) => boxes.find((one, place) =>
  boxes.slice(0, place).some((other) => other.kind === one.kind && overlap(other.box, one.box) > REPEATED));
