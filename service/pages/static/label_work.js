// The tasks in hand: leased ahead of time, with all that the page shows of them fetched before it is needed.

import { read, send } from "./service.js";

const AHEAD = 2; // tasks that are ready beside the one that is worked on
const EXTEND = 0.5; // of a lease's time is left: it is asked for anew while somebody works

// When a lease ends by this browser's clock, which may be wrong: as long after now as the service says after its own now.
const endOf = (response, until) => Date.now() + Date.parse(until) - (Date.parse(response.headers.get("date")) || Date.now());

// One task in hand: {id, token, began, ends}, by this browser's clock.
// `ahead(number)`: so many tasks can be worked on without a connection.
export function workInHand(store, { wanted, failed, ahead }) {
  const tasks = store.hand.tasks;
  let extending = false, leasing = null, unsure = true; // whether tasks may be held that this window does not know of
  const loaded = new Map(); // task id -> promise of {view, photo}
  const here = new Set(); // ids of those whose promise was kept
  const left = new Set(); // ids of those that this window is done with: an answer on its way may still name them
  const tellAhead = () => ahead(tasks.filter(({ id }) => here.has(id)).length);

  async function load(id) {
    const view = await read(`/v1/tasks/${id}/view`);
    const blob = await (await send("GET", view.photo_url)).blob();
    const photo = Object.assign(new Image(), { src: URL.createObjectURL(blob), alt: "", draggable: false });
    await photo.decode();
    return { view, photo };
  }

  function loadedOf(id) {
    if (!loaded.has(id)) {
      const promise = load(id);
      promise.then(() => here.add(id) && tellAhead(), () => loaded.delete(id)); // the next one who asks tries again
      loaded.set(id, promise);
    }
    return loaded.get(id);
  }

  // The answer to a lease can be lost: by a reload, or with the connection.
  async function recover() {
    const response = await send("GET", "/v1/tasks/held");
    for (const { id, lease_token: token, leased_until } of await response.json()) {
      if (!store.isKnown(id) && !left.has(id)) tasks.push({ id, token, began: Date.now(), ends: endOf(response, leased_until) });
    }
    unsure = false;
    store.keep();
  }

  // Resolves to how many tasks came.
  async function lease() {
    const lost = unsure;
    if (lost) await recover();
    if (tasks.length > AHEAD) return 0;
    unsure = true;
    const response = await send("POST", "/v1/tasks/lease", { count: AHEAD + 1 - tasks.length, ...wanted() });
    const answer = await response.json(), ends = endOf(response, answer.leased_until);
    const had = new Set(tasks.map(({ id }) => id));
    for (const { id } of answer.tasks) {
      left.delete(id); // handed out anew
      if (!had.has(id)) tasks.push({ id, token: answer.lease_token, began: Date.now(), ends });
    }
    store.keep();
    if (lost) await recover(); // the lost request may have been served only just now
    unsure = false;
    return answer.tasks.length;
  }

  // Fills the hand; the queue may be empty. Again while some came: others may have been confirmed meanwhile.
  async function fill() {
    while (tasks.length <= AHEAD) {
      leasing ??= lease().finally(() => (leasing = null));
      if (!(await leasing)) break;
    }
    tasks.slice(0, AHEAD + 1).forEach(({ id }) => loadedOf(id).catch(() => {}));
  }

  // Ended leases are not worked on any further; what was drawn stays in the drafts.
  function dropEnded() {
    const current = tasks.filter(({ ends }) => ends > Date.now());
    if (current.length < tasks.length) tasks.splice(0, tasks.length, ...current);
    store.keep();
  }

  return {
    tasks,
    loadedOf,
    // The task to work on now: {id, token, began, ends}; undefined if there is none.
    async first() {
      dropEnded();
      if (tasks.length) fill().catch(() => {}); // what comes later may fail, without a connection say
      else await fill();
      return tasks[0];
    },
    drop(id) {
      const place = tasks.findIndex((task) => task.id === id);
      if (place >= 0) tasks.splice(place, 1);
      loaded.get(id)?.then(({ photo }) => setTimeout(() => URL.revokeObjectURL(photo.src), 60_000), () => {});
      loaded.delete(id);
      here.delete(id);
      left.add(id);
      store.keep();
    },
    // Whether a task is in hand; it is the next one then.
    toFront(id) {
      const place = tasks.findIndex((task) => task.id === id);
      if (place > 0) tasks.unshift(...tasks.splice(place, 1));
      return place >= 0;
    },
    putBack(task) {
      left.delete(task.id);
      if (!tasks.some(({ id }) => id === task.id)) tasks.unshift(task);
      store.keep();
    },
    async extend(task) {
      if (extending || task.isLast || task.ends - Date.now() > EXTEND * (task.ends - task.began)) return;
      extending = true;
      try {
        const response = await send("POST", `/v1/tasks/${task.id}/extend`, { lease_token: task.token });
        const ends = endOf(response, (await response.json()).leased_until);
        for (const one of tasks.filter(({ token }) => token === task.token)) Object.assign(one, { began: Date.now(), ends });
        store.keep();
      } catch (problem) {
        if (!problem.code) return;
        task.isLast = true; // told once
        failed(problem);
      } finally {
        extending = false;
      }
    },
    // Gives all but the one that is worked on back, so that other filters count at once.
    async giveBackOthers() {
      for (const task of tasks.splice(1)) {
        this.drop(task.id);
        send("POST", `/v1/tasks/${task.id}/release`, { lease_token: task.token }).catch(() => {});
      }
      store.keep();
    },
  };
}
