// Lines over steps, as an SVG: what a fit loses epoch by epoch, what models reach one after the other.

const HEIGHT = 170, LEFT = 44, RIGHT = 96, TOP = 12, BOTTOM = 30;

function draw(tag, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

// `lines`: {name: [[step, value], …]}, the first one stands out; `written` makes a value readable.
export function learningChart(lines, { label, steps, width = 640, written = (value) => value.toFixed(2) }) {
  const points = Object.values(lines).flat();
  const [least, most] = [Math.min(...points.map(([step]) => step)), Math.max(...points.map(([step]) => step))];
  const [bottom, top] = [Math.min(...points.map(([, value]) => value)), Math.max(...points.map(([, value]) => value))];
  const x = (step) => LEFT + ((step - least) / (most - least || 1)) * (width - LEFT - RIGHT);
  const y = (value) => HEIGHT - BOTTOM - ((value - bottom) / (top - bottom || 1)) * (HEIGHT - BOTTOM - TOP);
  const svg = draw("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, class: "learning", role: "img", "aria-label": label });
  for (const value of new Set([bottom, top])) {
    svg.append(draw("path", { class: "grid", d: `M${LEFT} ${y(value)}H${width - RIGHT}` }));
    svg.append(draw("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, written(value)));
  }
  for (const step of new Set([least, most])) svg.append(draw("text", { x: x(step), y: HEIGHT - BOTTOM + 15, "text-anchor": "middle" }, step));
  svg.append(draw("text", { x: (LEFT + width - RIGHT) / 2, y: HEIGHT - 3, "text-anchor": "middle" }, steps));
  let last = -Infinity; // names at the ends of their lines, apart even where these meet
  const ends = Object.entries(lines).map(([name, line], place) => ({ name, line, place, at: y(line.at(-1)[1]) + 4 })).sort((one, other) => one.at - other.at);
  for (const { name, line, place, at } of ends) {
    const className = place ? "other" : "picked";
    last = Math.max(at, last + 13);
    svg.append(draw("polyline", { class: className, points: line.map(([step, value]) => `${x(step)},${y(value)}`).join(" ") }));
    if (line.length === 1) svg.append(draw("circle", { class: className, cx: x(line[0][0]), cy: y(line[0][1]), r: 3 }));
    svg.append(draw("text", { class: className, x: x(line.at(-1)[0]) + 6, y: last }, `${name} ${written(line.at(-1)[1])}`));
  }
  return svg;
}
