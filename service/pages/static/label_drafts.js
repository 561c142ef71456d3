// Keeps what is drawn so far: in this browser at once, and with the service a moment later.

import { send } from "./service.js";

const WAIT = 1_500; // milliseconds after the last change

export function drafts(store) {
  let waiting = 0, pending = null;

  async function put() {
    clearTimeout(waiting);
    const one = pending;
    pending = null;
    if (!one) return;
    const { task, number, content } = one;
    try {
      await send("PUT", `/v1/tasks/${task.id}/draft`, { lease_token: task.token, number, content });
    } catch {
      // It is in this browser, and the next change tries again; an ended lease is told where it matters, on sending.
    }
  }

  return {
    // Numbers rise with time, so that of two windows the one that drew last is right.
    save(task, content) {
      const number = Math.max(Date.now(), (store.draft(task.id)?.number ?? 0) + 1);
      store.keepDraft(task.id, { number, content });
      pending = { task, number, content };
      clearTimeout(waiting);
      waiting = setTimeout(put, WAIT);
    },
    // The content that was saved last, here or with the service; null if nothing was.
    newest(task, view) {
      const here = store.draft(task.id), there = view.draft;
      if (!here || !there) return (here ?? there)?.content ?? null;
      return (here.number >= there.number ? here : there).content;
    },
    forget(task) {
      if (pending?.task.id === task.id) pending = null;
    },
    put,
  };
}
