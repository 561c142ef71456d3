// The photo with its boxes. Annotorious draws them and lets a pointer choose, move and draw; everything that is changed
// goes through the caller, who draws anew.

import "./bundled.js";
import { createImageAnnotator } from "./vendor/annotorious.es.js";
import { make } from "./elements.js";
import { drawNames } from "./label_names.js";

const REMOTE = "REMOTE"; // Annotorious' word for a change that no pointer made
const UNNAMED = { stroke: "#ffffff" }; // while it is being drawn
const CLOSEST = 8, STEP = 1.3; // zoom; 1 fits the whole photo
const ROOM = 0.12; // of the view that is kept free around a box that is scrolled to

function annotation({ id, box: [x1, y1, x2, y2], look }) {
  const geometry = { x: x1, y: y1, w: x2 - x1, h: y2 - y1, rot: 0, bounds: { minX: x1, minY: y1, maxX: x2, maxY: y2 } };
  return { id, bodies: [], properties: look, target: { annotation: id, selector: { type: "RECTANGLE", geometry } } };
}

const boxOf = ({ target: { selector: { geometry: { x, y, w, h } } } }) => [x, y, x + w, y + h];
const sameShape = (a, b) => a && JSON.stringify([a.box, a.look]) === JSON.stringify([b.box, b.look]);

// Shapes: {id, box, look: {stroke, fill, …}, name, sure}. `moved(id, box)`, `drawn(box)`, `chosen(id or null)` tell what a
// pointer did.
export function stage(holder, { moved, drawn, chosen, editable = () => true }) {
  let annotator = null, photo = null, tile = null, names = null, zoom = 1, shapes = new Map(), at = null, silent = false, settling = false, dragged = null;

  function show(image, part, first) {
    annotator?.destroy();
    [photo, tile, shapes, at, dragged] = [image, part, new Map(), null, null];
    holder.replaceChildren(image);
    image.className = "label-photo";
    fit();
    annotator = createImageAnnotator(image, {
      drawingEnabled: false,
      userSelectAction: () => (editable() ? "EDIT" : "SELECT"),
      style: ({ properties: look = UNNAMED }, state) => ({ ...look, ...(state?.hovered && { fill: look.stroke, fillOpacity: 0.25 }) }),
    });
    annotator.element.classList.add("label-annotated");
    names = make("div", { className: "label-names" });
    annotator.element.append(names);
    if (tile) annotator.element.append(outside(tile, image));
    annotator.state.store.observe(({ changes }) => {
      const { created, updated } = changes;
      if (created.length) drawing(created[0]);
      else if (updated.length) dragged = { id: updated[0].newValue.id, box: boxOf(updated[0].newValue) };
    }, { origin: "LOCAL" });
    // Not its event "selectionChanged", which comes a moment later, when something else may be chosen.
    annotator.state.selection.subscribe(({ selected: [first] }) => {
      if (!silent && !settling && (first?.id ?? null) !== at) chosen(first?.id ?? null);
    });
    draw(first, null);
  }

  // A box that a pointer drew is taken away again, when Annotorious is done with it: the caller puts his own in its place.
  function drawing(made) {
    settling = true;
    setTimeout(() => {
      quietly(() => annotator.state.store.deleteAnnotation(made.id, REMOTE));
      settling = false;
      setDrawing(false);
      drawn(boxOf(made));
    });
  }

  addEventListener("pointerup", () => setTimeout(() => {
    if (!dragged) return;
    const { id, box } = dragged;
    dragged = null;
    moved(id, box);
  }), { capture: true }); // Annotorious keeps some of them for itself

  function quietly(act) {
    silent = true;
    act();
    silent = false;
  }

  // Brings what is shown in line with the shapes. Each is updated alone: Annotorious takes every annotation of a change
  // that a chosen one is part of for chosen.
  function draw(next, chosenId) {
    if (!annotator) return;
    const { store } = annotator.state, later = new Map(next.map((shape) => [shape.id, shape]));
    quietly(() => {
      if (!shapes.size) store.bulkAddAnnotations(next.map(annotation), true, REMOTE);
      else {
        for (const id of shapes.keys()) if (!later.has(id)) store.deleteAnnotation(id, REMOTE);
        for (const shape of next) {
          if (!shapes.has(shape.id)) store.addAnnotation(annotation(shape), REMOTE);
          else if (!sameShape(shapes.get(shape.id), shape)) store.updateAnnotation(annotation(shape), REMOTE);
        }
      }
      if (chosenId !== at || !annotator.getSelected().length !== !chosenId) {
        if (chosenId) annotator.setSelected(chosenId, editable());
        else annotator.cancelSelected();
      }
    });
    [shapes, at] = [later, chosenId];
    drawNames(names, next, chosenId, [photo.naturalWidth, photo.naturalHeight], photo.clientWidth / photo.naturalWidth);
  }

  const redrawNames = () => names && drawNames(names, [...shapes.values()], at, [photo.naturalWidth, photo.naturalHeight], photo.clientWidth / photo.naturalWidth);

  // --- how large ---

  // The width at which the whole photo, or the whole tile, is in view.
  function fitting() {
    const [wide, high] = tile ? [tile[2] - tile[0], tile[3] - tile[1]] : [photo.naturalWidth, photo.naturalHeight];
    return photo.naturalWidth * Math.min((holder.clientWidth - 4) / wide, (holder.clientHeight - 4) / high);
  }

  function resize(to, around = null) {
    const scale = photo.clientWidth / photo.naturalWidth || 1;
    const [x, y] = around ?? [(holder.scrollLeft + holder.clientWidth / 2) / scale, (holder.scrollTop + holder.clientHeight / 2) / scale];
    zoom = Math.min(Math.max(to, 1), CLOSEST);
    photo.style.width = `${fitting() * zoom}px`;
    const now = photo.clientWidth / photo.naturalWidth;
    holder.scrollTo({ left: x * now - holder.clientWidth / 2, top: y * now - holder.clientHeight / 2, behavior: "instant" });
    redrawNames();
  }

  const fit = () => resize(1, tile && [(tile[0] + tile[2]) / 2, (tile[1] + tile[3]) / 2]);

  // Scrolls no further than needed for the box to be in view.
  function reveal([x1, y1, x2, y2]) {
    const scale = photo.clientWidth / photo.naturalWidth;
    const along = (low, high, from, room) => {
      const spare = ROOM * room;
      if (low * scale - spare < from || high - low > room) return low * scale - spare;
      return high * scale + spare > from + room ? high * scale + spare - room : from;
    };
    holder.scrollTo({
      left: along(x1, x2, holder.scrollLeft, holder.clientWidth),
      top: along(y1, y2, holder.scrollTop, holder.clientHeight),
      behavior: "instant",
    });
  }

  function setDrawing(on) {
    if (on) quietly(() => annotator.cancelSelected());
    annotator.setDrawingEnabled(on);
    holder.classList.toggle("drawing", on);
  }

  new ResizeObserver(() => photo && resize(zoom)).observe(holder);
  holder.addEventListener("wheel", (event) => {
    if (!photo || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    resize(zoom * (event.deltaY < 0 ? STEP : 1 / STEP));
  }, { passive: false });
  panned(holder);

  return {
    show,
    draw,
    reveal,
    fit,
    zoomBy: (direction) => resize(zoom * STEP ** direction),
    zoomTo: (box) => resize(0.25 * Math.min(holder.clientWidth / (box[2] - box[0]), holder.clientHeight / (box[3] - box[1])) / (fitting() / photo.naturalWidth), [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]),
    setDrawing,
    get isDrawing() {
      return holder.classList.contains("drawing");
    },
    setVisible(on) {
      annotator.setVisible(on);
      names.hidden = !on;
    },
    // Pixels of the photo that one pixel of the screen shows.
    get grain() {
      return photo.naturalWidth / photo.clientWidth;
    },
    clear() {
      annotator?.destroy();
      [annotator, photo] = [null, null];
      holder.replaceChildren();
    },
  };
}

// What a tile leaves out stays dimly in sight: a box at the border is better judged with its neighbours.
function outside([x1, y1, x2, y2], { naturalWidth: width, naturalHeight: height }) {
  const veil = make("div", { className: "label-outside" });
  veil.innerHTML = `<svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" aria-hidden="true"><path fill-rule="evenodd" d="M0 0H${width}V${height}H0ZM${x1} ${y1}H${x2}V${y2}H${x1}Z"/></svg>`;
  return veil;
}

// A mouse that is pressed beside every box drags the photo; fingers do so by themselves.
function panned(holder) {
  let from = null;
  holder.addEventListener("pointerdown", (event) => {
    const onShape = event.target.closest?.(".a9s-annotation, .a9s-handle, .a9s-shape-handle");
    if (event.pointerType !== "mouse" || onShape || holder.classList.contains("drawing")) return;
    from = [event.clientX + holder.scrollLeft, event.clientY + holder.scrollTop];
  });
  addEventListener("pointermove", (event) => from && holder.scrollTo({ left: from[0] - event.clientX, top: from[1] - event.clientY, behavior: "instant" }));
  addEventListener("pointerup", () => (from = null));
}
