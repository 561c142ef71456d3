// What labels cover: categories by lighting and angle, one store format or all of them.

import { counted, element, fail, make } from "./elements.js";
import { read } from "./service.js";

const LIGHTINGS = ["neutral", "warm", "cold", "dim", "glare", "mixed"];
const ANGLES = ["frontal", "oblique", "steep"];
const DARKEST = 50; // labelled captures at which a cell is darkest
const UNKNOWN = "unknown products";

// Fills the part of the page that coverage_table.html makes. `path` says where the answer is; `chosen` is called with
// the cell that was pressed, null to take the choice back.
export function coverageTable(path, chosen = null) {
  let answer = null, category = [], at = null, loads = 0;
  const format = element("coverage-format"), table = element("coverage-table");

  async function load() {
    const mine = ++loads, query = new URLSearchParams(category.map((part) => ["category", part]));
    try {
      const found = await read(`${path()}${category.length ? `?${query}` : ""}`);
      if (mine !== loads) return;
      answer = found;
    } catch (problem) {
      return fail(problem);
    }
    const formats = [...new Set(answer.cells.map((cell) => cell.format))].sort();
    format.replaceChildren(format.firstElementChild, ...formats.map((one) => make("option", { value: one }, one)));
    format.hidden = formats.length < 2;
    show();
  }

  function show() {
    element("coverage-path").replaceChildren(...crumbs());
    element("coverage-said").textContent = answer.sentence;
    const sampled = answer.pool_read < answer.pool_size;
    element("coverage-note").textContent = sampled
      ? `What the pool shows is estimated from ${answer.pool_read} of its ${answer.pool_size} captures.` : "";
    element("coverage-none").hidden = answer.cells.length > 0;
    table.hidden = !answer.cells.length;
    at = null;
    table.replaceChildren(...body(summed(answer.cells.filter((cell) => !format.value || cell.format === format.value))));
  }

  function crumbs() {
    return ["All products", ...category].map((name, depth) => {
      const button = make("button", { type: "button", className: "plain", disabled: depth === category.length }, name);
      button.addEventListener("click", () => open(category.slice(0, depth)));
      return button;
    });
  }

  function open(path) {
    category = path;
    chosen?.(null);
    load();
  }

  function body(cells) {
    const lightings = LIGHTINGS.filter((one) => cells.some(({ lighting }) => lighting === one));
    const columns = lightings.flatMap((lighting) => ANGLES.filter((angle) => cells.some((cell) => cell.lighting === lighting && cell.angle === angle)).map((angle) => ({ lighting, angle })));
    const wide = (lighting) => columns.filter((column) => column.lighting === lighting).length;
    const head = make("thead", {},
      make("tr", {}, make("td"), ...lightings.map((one) => make("th", { scope: "colgroup", colSpan: wide(one) }, one))),
      make("tr", {}, make("th", { scope: "col" }, "Category"), ...columns.map(({ angle }) => make("th", { scope: "col" }, angle))));
    const rows = [...new Set(cells.map((cell) => cell.category.join("\n")))].map((joined) => {
      const own = cells.filter((cell) => cell.category.join("\n") === joined);
      return make("tr", {}, make("th", { scope: "row" }, nodeButton(own[0].category)), ...columns.map(({ lighting, angle }) => cellOf(own.find((cell) => cell.lighting === lighting && cell.angle === angle))));
    });
    return [head, make("tbody", {}, ...rows)];
  }

  function nodeButton(node) {
    const deeper = node.length > category.length;
    const button = make("button", { type: "button", className: "plain", disabled: !deeper }, node.at(-1) ?? UNKNOWN);
    button.addEventListener("click", () => open(node));
    return button;
  }

  function cellOf(cell) {
    if (!cell) return make("td");
    const after = cell.labelled + (cell.batch ?? 0);
    const text = cell.batch ? `${cell.labelled}→${after}` : String(cell.labelled);
    const button = make("button", { type: "button", title: words(cell), ariaLabel: words(cell), tabIndex: at ? -1 : 0 }, text);
    at ??= button;
    if (after) button.style.setProperty("--part", `${Math.round(10 + 45 * Math.min(1, Math.log1p(after) / Math.log1p(DARKEST)))}%`);
    button.dataset.kind = cell.new ? "new" : after ? (after < answer.thin_below ? "thin" : "enough") : "bare";
    button.addEventListener("click", () => press(button, cell));
    return make("td", {}, button);
  }

  function press(button, cell) {
    const again = button.ariaPressed === "true";
    release();
    if (!chosen) return;
    if (!again) button.setAttribute("aria-pressed", "true");
    chosen(again || !cell.batch ? null : cell);
  }

  function release() {
    for (const one of table.querySelectorAll("[aria-pressed]")) one.removeAttribute("aria-pressed");
  }

  function words(cell) {
    const where = `${cell.category.at(-1) ?? UNKNOWN}, ${cell.lighting} light, ${cell.angle}${format.value ? `, ${format.value}` : ""}`;
    const counts = [cell.labelled ? counted(cell.labelled, "capture labelled", "captures labelled") : "nothing labelled yet"];
    if (cell.batch) counts.push(`${cell.batch} in this batch`);
    if (cell.queued) counts.push(`${cell.queued} queued`);
    if (cell.pool) counts.push(`${answer.pool_read < answer.pool_size ? "about " : ""}${cell.pool} in the pool`);
    return `${where}: ${counts.join(", ")}`;
  }

  function go(down, right) {
    const here = table.contains(document.activeElement) && document.activeElement.closest("td");
    if (!here) return at?.focus();
    let row = here.parentElement, column = here.cellIndex;
    do {
      row = down > 0 ? row.nextElementSibling : down < 0 ? row.previousElementSibling : row;
      column += right;
      const button = row?.cells[column]?.querySelector("button");
      if (button && column > 0) {
        document.activeElement.tabIndex = -1;
        button.tabIndex = 0;
        return button.focus();
      }
    } while (row && column > 0 && column < (row?.cells.length ?? 0));
  }

  format.addEventListener("change", show);
  return {
    load,
    go,
    words,
    release,
    up: () => category.length && open(category.slice(0, -1)),
    nextFormat() {
      if (format.hidden) return;
      format.selectedIndex = (format.selectedIndex + 1) % format.options.length;
      show();
    },
  };
}

// Cells of all formats together.
function summed(cells) {
  const found = new Map();
  for (const cell of cells) {
    const key = [cell.category.join("\n"), cell.lighting, cell.angle].join("\t"), other = found.get(key);
    if (!other) found.set(key, { ...cell });
    else {
      for (const name of ["labelled", "queued", "batch", "pool"]) if (name in other) other[name] += cell[name];
      if (other.ranks) other.ranks = [...other.ranks, ...cell.ranks];
      if ("new" in other) other.new = other.batch > 0 && !other.labelled && !other.queued;
    }
  }
  return [...found.values()];
}
