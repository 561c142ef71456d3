// A map of the pool: every dot is a capture, and what looks alike lies side by side.

const NEAR = 12; // pixels within which the pointer finds a pick
const EDGE = 10; // pixels that are left free around the map
const PICK = 4, DOT = 1.4; // radii

// `colourOf` says the colour of "pool", "labelled", "queued", "ink", "card" or an arm; `pointed` and `chosen` are
// called with a pick's capture id, or with null when the pointer left all of them.
export function poolMap(canvas, { colourOf, pointed, chosen }) {
  let layers = { pool: [], labelled: [], queued: [], picks: [] };
  let pickOf = new Map(), shown = () => true, at = null, under = null, ground = null, colours = {};
  const draw = canvas.getContext("2d");
  const side = () => canvas.clientWidth;
  const place = (x, y) => [EDGE + x * (side() - 2 * EDGE), EDGE + y * (side() - 2 * EDGE)];

  // Draws all that stays the same while the pointer moves.
  function paint() {
    const scale = devicePixelRatio || 1;
    canvas.width = canvas.height = Math.round(side() * scale);
    colours = {};
    ground = new OffscreenCanvas(canvas.width || 1, canvas.height || 1);
    const below = ground.getContext("2d");
    below.scale(scale, scale);
    dots(below, layers.pool, colourOf("pool"), DOT);
    dots(below, layers.queued, colourOf("queued"), DOT + 0.3);
    dots(below, layers.labelled, colourOf("labelled"), DOT + 0.6);
    for (const pick of layers.picks) if (shown(pick.id)) shape(below, pick, PICK);
    redraw();
  }

  function dots(below, places, colour, radius) {
    below.fillStyle = colour;
    for (const [x, y] of places) {
      const [left, top] = place(x, y);
      below.beginPath();
      below.arc(left, top, radius, 0, 7);
      below.fill();
    }
  }

  function redraw() {
    if (!ground) return;
    const scale = devicePixelRatio || 1;
    draw.setTransform(1, 0, 0, 1, 0, 0);
    draw.clearRect(0, 0, canvas.width, canvas.height);
    draw.drawImage(ground, 0, 0);
    draw.scale(scale, scale);
    for (const id of [under, at]) {
      if (pickOf.has(id)) ring(pickOf.get(id));
    }
  }

  function shape(onto, { x, y, arm }, radius) {
    const [left, top] = place(x, y);
    onto.beginPath();
    outline(onto, arm, left, top, radius);
    onto.fillStyle = colours[arm] ??= colourOf(arm);
    onto.strokeStyle = colours.card ??= colourOf("card");
    onto.lineWidth = 1;
    onto.fill();
    onto.stroke();
  }

  // Shapes besides colours, for those who cannot tell the colours apart.
  function outline(onto, arm, left, top, radius) {
    const corners = { random: [4, Math.PI / 4], support: [3, -Math.PI / 2], event: [4, 0] }[arm];
    if (!corners) return onto.arc(left, top, radius, 0, 7);
    const [count, first] = corners;
    for (let corner = 0; corner < count; corner += 1) {
      const angle = first + (2 * Math.PI * corner) / count;
      onto.lineTo(left + 1.3 * radius * Math.cos(angle), top + 1.3 * radius * Math.sin(angle));
    }
    onto.closePath();
  }

  function ring(pick) {
    shape(draw, pick, PICK + 2);
    draw.beginPath();
    draw.arc(...place(pick.x, pick.y), PICK + 7, 0, 7);
    draw.strokeStyle = colours.ink ??= colourOf("ink");
    draw.lineWidth = 2;
    draw.stroke();
  }

  function nearest(event) {
    let found = null, least = NEAR;
    for (const pick of layers.picks) {
      if (!shown(pick.id)) continue;
      const [left, top] = place(pick.x, pick.y), apart = Math.hypot(left - event.offsetX, top - event.offsetY);
      if (apart < least) [found, least] = [pick.id, apart];
    }
    return found;
  }

  function point(id) {
    if (id === under) return;
    under = id;
    canvas.style.cursor = id ? "pointer" : "default";
    redraw();
    pointed(id);
  }

  canvas.addEventListener("pointermove", (event) => point(nearest(event)));
  canvas.addEventListener("pointerleave", () => point(null));
  canvas.addEventListener("click", (event) => {
    const id = nearest(event);
    if (id) chosen(id);
  });
  new ResizeObserver(paint).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);

  return {
    show(answer, armOf) {
      const picks = answer.picks.map(({ capture_id: id, x, y }) => ({ id, x, y, arm: armOf(id) }));
      layers = { ...answer, picks };
      pickOf = new Map(picks.map((pick) => [pick.id, pick]));
      paint();
    },
    look(id) {
      at = id;
      redraw();
    },
    filter(wanted) {
      shown = wanted;
      if (ground) paint();
    },
  };
}
