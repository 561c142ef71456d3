// Sends what is done, in its order, until the service has it: a lost connection delays it, a reload does not lose it.

import { send } from "./service.js";

const FIRST_WAIT = 1_000, LONGEST_WAIT = 15_000; // milliseconds between two tries

// `sent(entry)`: it arrived. `refused(entry, problem)`: it never will. `state({waiting, offline})`: for people.
export function outbox(store, { sent, refused, state }) {
  let busy = false, offline = false, wait = FIRST_WAIT, timer = 0;
  const waiting = store.hand.waiting;
  const tell = () => state({ waiting: waiting.length, offline });

  async function tryFirst() {
    const entry = waiting[0];
    entry.tries += 1;
    store.keep(); // before the request: whether an earlier one arrived is then known after a reload, too
    try {
      await send("POST", entry.path, entry.body);
    } catch (problem) {
      if (!problem.code || problem.retryable) return false;
      // An earlier try did arrive, only its answer did not.
      if (!(problem.code === "lease-already-used" && entry.tries > 1)) {
        waiting.shift();
        store.keep();
        refused(entry, problem);
        return true;
      }
    }
    waiting.shift();
    store.keep();
    sent(entry);
    return true;
  }

  async function flush() {
    clearTimeout(timer);
    if (busy) return;
    busy = true;
    while (waiting.length) {
      const answered = await tryFirst();
      offline = !answered;
      wait = answered ? FIRST_WAIT : Math.min(2 * wait, LONGEST_WAIT);
      tell();
      if (answered) continue;
      timer = setTimeout(flush, wait);
      break;
    }
    busy = false;
    tell();
  }

  addEventListener("online", flush);
  return {
    flush,
    put(entry) {
      waiting.push({ ...entry, tries: 0 });
      store.keep();
      tell();
      flush();
    },
  };
}
