// What outlives a reload, kept in this browser for each key: the tasks in hand, what waits to be sent, and drafts.

const KEPT = 30 * 24 * 3600_000; // milliseconds that a draft is kept of a task that nobody came back to
const HEARTBEAT = 5_000, GIVEN_UP = 150_000; // milliseconds; browsers let a hidden window beat once a minute

// Not for secrecy: two people who share a browser must not get each other's tasks.
function shortened(text) {
  let hash = 0x811c9dc5;
  for (const letter of text) hash = Math.imul(hash ^ letter.codePointAt(0), 0x01000193) >>> 0;
  return hash.toString(36);
}

function windowId() {
  const id = sessionStorage.getItem("shelfloop-window") ?? `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}`;
  sessionStorage.setItem("shelfloop-window", id); // a reload keeps it, another window has its own
  return id;
}

const parsed = (name) => JSON.parse(localStorage.getItem(name) ?? "null");

const handsOf = (prefix) => Object.keys(localStorage).filter((name) => name.startsWith(`${prefix}hand/`));

export function labelStore(key) {
  const prefix = `shelfloop-label/${shortened(key)}/`, own = `${prefix}hand/${windowId()}`;
  const draftOf = (task) => `${prefix}draft/${task}`;
  const hand = parsed(own) ?? { tasks: [], waiting: [] };

  function keep(seen = Date.now()) {
    localStorage.setItem(own, JSON.stringify({ ...hand, seen }));
  }

  // A window that was closed leaves its tasks to the next one.
  for (const name of handsOf(prefix).filter((name) => name !== own)) {
    const left = parsed(name);
    if (Date.now() - left.seen < GIVEN_UP) continue;
    hand.tasks.push(...left.tasks);
    hand.waiting.push(...left.waiting);
    localStorage.removeItem(name);
  }
  // A draft's number is when it was saved.
  for (const name of Object.keys(localStorage).filter((name) => name.startsWith(draftOf("")))) {
    if (parsed(name).number < Date.now() - KEPT) localStorage.removeItem(name);
  }
  keep();
  setInterval(() => keep(), HEARTBEAT);
  addEventListener("pagehide", () => keep(0));

  return {
    hand, // {tasks: [{id, token, began, ends}], waiting: [{…, path, body, tries}]}: change it, then `keep`
    keep,
    // Whether this or another window of this browser has a task in hand, or is about to send it.
    isKnown: (id) => handsOf(prefix).map(parsed).some(({ tasks, waiting }) => [...tasks, ...waiting].some((one) => one.id === id)),
    draft: (task) => parsed(draftOf(task)), // {number, content} or null
    keepDraft: (task, draft) => localStorage.setItem(draftOf(task), JSON.stringify(draft)),
    dropDraft: (task) => localStorage.removeItem(draftOf(task)),
  };
}
