// A planogram drawn by shelf, and where on a photo its places are.

import { make } from "./elements.js";
import { signOf, VERDICTS } from "./verdicts.js";

export const placeOf = ({ shelf, slot }) => `Shelf ${shelf}, position ${slot}`;

// Returns the shelves from the top: [{ number, slots: [{ row, left, width }] }], `row` among the positions, measures in
// shares of the bay's width; without measures every facing is as wide as the next.
export function layOut(positions) {
  const measured = positions.every(({ x, width }) => x !== null && width !== null);
  const all = measured ? Math.max(...positions.map(({ x, width }) => x + width)) : null;
  const numbers = [...new Set(positions.map(({ shelf }) => shelf))].sort((a, b) => a - b);
  return numbers.map((number) => {
    const there = positions.map((position, row) => ({ ...position, row })).filter(({ shelf }) => shelf === number);
    there.sort((a, b) => a.slot - b.slot);
    if (measured) return { number, slots: there.map(({ row, x, width }) => ({ row, left: x / all, width: width / all })) };
    const facings = there.reduce((sum, { wide }) => sum + wide, 0);
    let before = 0;
    return { number, slots: there.map(({ row, wide }) => ({ row, left: ((before += wide) - wide) / facings, width: wide / facings })) };
  });
}

// Returns a button for each position, in the positions' order, and the shelves that they stand on.
export function drawPlan(positions, shelves) {
  const buttons = positions.map(button);
  const rows = shelves.map(({ number, slots }) => {
    for (const { row, left, width } of slots) Object.assign(buttons[row].style, { left: `${100 * left}%`, width: `${100 * width}%` });
    return make("div", { className: "shelf", role: "group", ariaLabel: `Shelf ${number}` }, ...slots.map(({ row }) => buttons[row]));
  });
  return { buttons, rows };
}

function button(position) {
  const { verdict, gtin, name, wide, high } = position, planned = wide * high;
  const facings = verdict ? `${position.facings_seen}/${planned}` : `${planned}`;
  const words = verdict ? `: ${VERDICTS[verdict].word}, ${facings} facings` : "";
  return make("button", { type: "button", className: "slot", tabIndex: -1, ariaLabel: `${placeOf(position)}, ${name ?? gtin}${words}`, dataset: { verdict: verdict ?? "" } },
    verdict ? signOf(verdict) : null, make("span", {}, name ?? gtin), make("small", {}, facings));
}

// Returns where on the photo an empty place must be, from the products that stand in their places on its shelf.
export function emptyPlace(row, positions, shelves) {
  const { slots } = shelves.find(({ number }) => number === positions[row].shelf);
  const known = slots.filter((slot) => positions[slot.row].box);
  if (known.length < 2) return null;
  const middle = ({ left, width }) => left + width / 2;
  const boxes = known.map((slot) => positions[slot.row].box);
  const wanted = slots.find((slot) => slot.row === row);
  const [a, b] = line(known.map(middle), boxes.map(([x1, , x2]) => (x1 + x2) / 2));
  const [c, d] = line(known.map(middle), boxes.map(([, , , y2]) => y2));
  const height = boxes.map(([, y1, , y2]) => y2 - y1).sort((one, other) => one - other)[boxes.length >> 1];
  const x = a + b * middle(wanted), bottom = c + d * middle(wanted), half = Math.abs(b * wanted.width) / 2;
  return [x - half, bottom - height, x + half, bottom];
}

// The line a + b x through points, by least squares.
function line(xs, ys) {
  const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  const x = mean(xs), y = mean(ys);
  const b = mean(xs.map((one, i) => (one - x) * (ys[i] - y))) / mean(xs.map((one) => (one - x) ** 2));
  return [y - b * x, b];
}
