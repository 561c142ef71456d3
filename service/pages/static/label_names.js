// Names on boxes: on every one where there is room, else on the chosen one and those around it.

import { make } from "./elements.js";
import { around } from "./label_boxes.js";

const ROOM = 74; // pixels of the screen that a name needs
const NEIGHBOURS = 6;

// `size` is the photo's, `scale` how many pixels of the screen one of its pixels takes.
export function drawNames(layer, shapes, chosenId, [width, height], scale) {
  const chosen = shapes.find(({ id }) => id === chosenId);
  const close = new Set(chosen ? around(shapes.filter(({ name }) => name), chosen, NEIGHBOURS).map(({ id }) => id) : []);
  const named = shapes.filter(({ id, name, box }) => name && box && (id === chosenId || close.has(id) || (box[2] - box[0]) * scale >= ROOM));
  layer.replaceChildren(...named.map(({ id, name, box: [x1, y1, x2, y2] }) => {
    const label = make("span", { className: id === chosenId ? "at" : "" }, name);
    const ends = id === chosenId && x1 > 0.75 * width; // or it would leave the photo on the right
    label.classList.toggle("ends", ends);
    label.style.left = `${(100 * (ends ? x2 : x1)) / width}%`;
    // The chosen one's is above its box, so that nothing of it is hidden; at the photo's top it is below.
    const above = id === chosenId && y1 * scale > 24;
    label.style.top = `${(100 * (above ? y1 : y2)) / height}%`;
    label.dataset.place = id !== chosenId ? "inside" : above ? "above" : "below";
    label.style.setProperty("--wide", `${(100 * (x2 - x1)) / width}%`);
    return label;
  }));
}
