// A task of boxes and products: what it shows, what can be done, and what is sent.

import { counted } from "./elements.js";
import { FLAGS, KINDS, fromPrelabels, inReadingOrder, inside, isDoubtful, nearest, nudged, repeatedIn, replaced, submitted, without } from "./label_boxes.js";
import { history } from "./label_history.js";

const LOOKS = {
  sure: { stroke: "#ffffff", strokeWidth: 1.6, fill: "#ffffff", fillOpacity: 0.03 },
  doubtful: { stroke: "#ffb000", strokeWidth: 2.4, fill: "#ffb000", fillOpacity: 0.14 },
  shelf: { stroke: "#56b4e9", strokeWidth: 1.6, fill: "#56b4e9", fillOpacity: 0.06 },
  tag: { stroke: "#e08fc4", strokeWidth: 1.6, fill: "#cc79a7", fillOpacity: 0.1 },
  gap: { stroke: "#f0e442", strokeWidth: 1.6, fill: "#f0e442", fillOpacity: 0.12 },
  ignored: { stroke: "#b9b9b9", strokeWidth: 1.6, fill: "#4a4a4a", fillOpacity: 0.55 },
};
const WORDS = { facing: "facing", shelf: "shelf edge", tag: "tag", gap: "gap" };
const COARSE = 4; // pixels of the screen that a key moves an edge by while it is held

function lookOf(box) {
  if (box.ignore) return LOOKS.ignored;
  if (box.kind !== "facing") return LOOKS[box.kind];
  return isDoubtful(box) ? LOOKS.doubtful : LOOKS.sure;
}

// `nameOf(gtin)` for boxes; `changed()` after each change; `grain()`: pixels of the photo that one of the screen shows.
export function boxTask(view, draft, { nameOf, changed, grain }) {
  const whole = view.tile ?? [0, 0, view.width, view.height];
  const done = history(draft?.boxes ?? fromPrelabels(view.prelabels));
  let chosenId = null, serial = draft?.serial ?? 0, kind = "facing", last = null;

  const boxes = () => done.now;
  const chosen = () => boxes().find(({ id }) => id === chosenId);
  const ordered = () => inReadingOrder(boxes());

  function act(next, what) {
    done.change(next, what);
    changed();
  }

  function choose(id) {
    chosenId = id;
    changed({ reveal: true });
  }

  const onChosen = (change) => (...given) => chosen() ? change(chosen(), ...given) : false;
  const set = (change, what) => onChosen((box) => act(replaced(boxes(), box.id, change(box)), what && `${what} ${box.id}`));

  function step(by, among = ordered()) {
    if (!among.length) return false;
    const all = ordered(), here = all.findIndex(({ id }) => id === chosenId);
    const there = among.map((box) => all.indexOf(box));
    const next = by > 0 ? there.find((place) => place > here) ?? there[0] : there.findLast((place) => place < here) ?? there.at(-1);
    return choose(all[next].id);
  }

  const walk = (direction) => () => {
    if (!boxes().length) return false;
    if (!chosen()) return step(1);
    const next = nearest(boxes(), chosen(), direction);
    return next && choose(next.id);
  };

  const nudge = (direction, edges) => onChosen((box, event) => {
    const by = Math.max(1, Math.round(grain() * (event?.repeat ? COARSE : 1)));
    act(replaced(boxes(), box.id, { box: inside(nudged(box.box, direction, by, edges), whole) }), `nudge ${box.id}`);
  });

  function add(box) {
    const id = `d${(serial += 1)}`;
    chosenId = id;
    const gtin = null, none = Object.fromEntries(FLAGS.map((flag) => [flag, false]));
    act([...boxes(), { id, of: null, kind, box: inside(box, whole), gtin, probability: null, ...none }]);
  }

  // Beside the chosen one and as large; without one in the middle.
  function addBeside() {
    const [left, top, right, bottom] = whole, box = chosen();
    if (!box) {
      const [x, y, w, h] = [(left + right) / 2, (top + bottom) / 2, (right - left) / 16, (bottom - top) / 12];
      return add([x - w, y - h, x + w, y + h]);
    }
    const [x1, y1, x2, y2] = box.box, side = x2 + (x2 - x1) <= right ? x2 - x1 : x1 - x2;
    kind = box.kind;
    return add([x1 + side, y1, x2 + side, y2]);
  }

  const remove = onChosen((box) => {
    const all = ordered(), place = all.findIndex(({ id }) => id === box.id);
    chosenId = (all[place + 1] ?? all[place - 1])?.id ?? null;
    act(without(boxes(), box.id));
  });

  const name = (gtin) => set((box) => ({ gtin, kind: "facing", probability: null, ignore: gtin ? false : box.ignore }))();

  function setKind(next) {
    kind = next;
    if (chosen()) set((box) => ({ kind: next, gtin: next === "facing" ? box.gtin : null }))();
    else changed();
  }

  const toggle = (flag) => set((box) => ({ [flag]: !box[flag] }));
  const move = (turn) => () => {
    if (!done[turn]()) return false;
    if (!chosen()) chosenId = null;
    return changed();
  };

  const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  const keys = {
    Tab: () => step(1),
    "Shift+Tab": () => step(-1),
    j: () => step(1, ordered().filter(isDoubtful)),
    k: () => step(-1, ordered().filter(isDoubtful)),
    Delete: remove,
    Backspace: remove,
    x: remove,
    n: addBeside,
    i: toggle("ignore"),
    o: toggle("occluded"),
    t: toggle("truncated"),
    c: () => chosen() && name(null),
    r: () => last && chosen() && name(last),
    u: move("undo"),
    U: move("redo"),
    "Ctrl+z": move("undo"),
    "Ctrl+Z": move("redo"),
    "Ctrl+Shift+Z": move("redo"),
    "Ctrl+y": move("redo"),
    ...Object.fromEntries(KINDS.map((one, place) => [place + 1, () => setKind(one)])),
  };
  for (const [arrow, direction] of Object.entries(ARROWS)) {
    keys[arrow] = walk(direction);
    keys[`Shift+${arrow}`] = nudge(direction, "out");
    keys[`Ctrl+Shift+${arrow}`] = nudge(direction, "in");
    keys[`Ctrl+${arrow}`] = nudge(direction, "all");
  }

  return {
    keys,
    choose,
    name(gtin) {
      last = gtin ?? last;
      return name(gtin);
    },
    setKind,
    toggle: (flag) => toggle(flag)(),
    act: (key) => keys[key](),
    drawn: add,
    moved: (id, box) => act(replaced(boxes(), id, { box: inside(box, whole) })),
    get chosen() {
      return chosen();
    },
    get kind() {
      return chosen()?.kind ?? kind;
    },
    get lastNamed() {
      return last;
    },
    get canUndo() {
      return done.canUndo;
    },
    get canRedo() {
      return done.canRedo;
    },
    guesses: (box) => (box.of === null ? [] : view.prelabels[box.of].guesses),
    shapes: () => boxes().map((box) => ({
      id: box.id,
      box: box.box,
      look: lookOf(box),
      name: box.kind === "facing" ? (box.gtin ? nameOf(box.gtin) : box.ignore ? "ignored" : "which product?") : box.id === chosenId ? WORDS[box.kind] : null,
    })),
    summary() {
      const parts = KINDS.map((one) => [one, boxes().filter((box) => box.kind === one).length]).filter(([, number]) => number);
      const doubtful = boxes().filter(isDoubtful).length;
      return {
        counts: parts.map(([one, number]) => counted(number, WORDS[one])).join(", ") || "No box yet",
        doubtful,
      };
    },
    // What is wrong before it is sent, as {id, message}; null if nothing is.
    trouble() {
      const repeated = repeatedIn(boxes());
      return repeated ? { id: repeated.id, message: "Two boxes of a kind lie on each other here: delete one of them (x)." } : null;
    },
    // The service names a box by its place.
    atFault: (field) => boxes()[Number(/^boxes\[(\d+)\]/.exec(field ?? "")?.[1])]?.id ?? null,
    content: () => ({ boxes: boxes(), serial }),
    path: `/v1/tasks/${view.id}/annotations`,
    body: () => ({ boxes: submitted(boxes()) }),
  };
}
