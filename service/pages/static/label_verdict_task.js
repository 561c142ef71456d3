// A task of verdicts: for each position of the planogram that the photo shows, whether the shelf keeps to it.

import { emptyPlace, layOut, placeOf } from "./bay_plan.js";
import { counted } from "./elements.js";
import { nearest } from "./label_boxes.js";
import { history } from "./label_history.js";
import { VERDICTS } from "./verdicts.js";

// What a position can be told to be, by the digit that says so.
export const CHOICES = ["correct", "wrong_position", "wrong_shelf", "out_of_stock", "undecided"];
// After Okabe and Ito, as shelfloop.css has them.
const COLOURS = { correct: "#009e73", wrong_position: "#f0e442", wrong_shelf: "#56b4e9", out_of_stock: "#d55e00", undecided: "#c9c9c9" };
const SURE = 0.8; // probability

const idOf = ({ shelf, slot }) => `${shelf}-${slot}`;

export function verdictTask(view, draft, { nameOf, changed }) {
  const all = view.planogram.positions, shelves = layOut(all);
  const asked = all.map((position, row) => ({ ...position, id: idOf(position), box: position.box ?? emptyPlace(row, all, shelves) }))
    .filter(({ in_view }) => in_view !== false);
  const done = history(draft?.verdicts ?? Object.fromEntries(asked.map(({ id, verdict }) => [id, verdict ?? "undecided"])));
  let chosenId = null;

  const chosen = () => asked.find(({ id }) => id === chosenId);
  const verdictOf = ({ id }) => done.now[id];
  const isDoubtful = (position) => verdictOf(position) === "undecided" ||
    (verdictOf(position) === position.verdict && (position.probability ?? 1) < SURE);

  function choose(id) {
    chosenId = id;
    changed({ reveal: true });
  }

  function judge(verdict) {
    if (!chosen()) return false;
    done.change({ ...done.now, [chosenId]: verdict });
    return changed();
  }

  function step(by, among = asked) {
    if (!among.length) return false;
    const here = asked.findIndex(({ id }) => id === chosenId), there = among.map((position) => asked.indexOf(position));
    const next = by > 0 ? there.find((place) => place > here) ?? there[0] : there.findLast((place) => place < here) ?? there.at(-1);
    return choose(asked[next].id);
  }

  const walk = (direction, by) => () => {
    if (!chosen()?.box) return step(by);
    const next = nearest(asked, chosen(), direction);
    return next && choose(next.id);
  };

  const move = (turn) => () => done[turn]() && changed();
  const keys = {
    Tab: () => step(1),
    "Shift+Tab": () => step(-1),
    ArrowRight: walk([1, 0], 1),
    ArrowLeft: walk([-1, 0], -1),
    ArrowDown: walk([0, 1], 1),
    ArrowUp: walk([0, -1], -1),
    j: () => step(1, asked.filter(isDoubtful)),
    k: () => step(-1, asked.filter(isDoubtful)),
    u: move("undo"),
    U: move("redo"),
    "Ctrl+z": move("undo"),
    "Ctrl+Shift+Z": move("redo"),
    "Ctrl+y": move("redo"),
    ...Object.fromEntries(CHOICES.map((verdict, place) => [place + 1, () => judge(verdict)])),
  };

  return {
    keys,
    choose,
    judge,
    act: (key) => keys[key](),
    drawn() {},
    moved() {},
    get chosen() {
      return chosen() && { ...chosen(), given: verdictOf(chosen()) };
    },
    get canUndo() {
      return done.canUndo;
    },
    get canRedo() {
      return done.canRedo;
    },
    shapes: () => asked.filter(({ box }) => box).map((position) => {
      const verdict = verdictOf(position), stroke = COLOURS[verdict];
      const strokeWidth = isDoubtful(position) ? 4 : 2.4;
      return { id: position.id, box: position.box, look: { stroke, strokeWidth, fill: stroke, fillOpacity: 0.05 }, name: `${VERDICTS[verdict].sign} ${nameOf(position.gtin)}` };
    }),
    summary() {
      const counts = CHOICES.map((verdict) => [verdict, asked.filter((position) => verdictOf(position) === verdict).length]).filter(([, number]) => number);
      return {
        counts: counts.map(([verdict, number]) => `${number} ${VERDICTS[verdict].word}`).join(", ") || "No position is in view",
        doubtful: asked.filter(isDoubtful).length,
        of: counted(asked.length, "position"),
      };
    },
    verdictAt: (position) => done.now[idOf(position)] ?? null,
    said: (position) => `${placeOf(position)}: ${nameOf(position.gtin)}`,
    trouble: () => null,
    atFault: () => null,
    content: () => ({ verdicts: done.now }),
    path: `/v1/tasks/${view.id}/verdicts`,
    body: () => ({ verdicts: asked.map((position) => ({ shelf: position.shelf, slot: position.slot, verdict: verdictOf(position) })) }),
  };
}
