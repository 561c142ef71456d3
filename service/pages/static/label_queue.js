// What waits in the queue and which of it is wanted: a form that the service fills, by htmx.

import htmx from "./vendor/htmx.esm.min.js";
import { element } from "./elements.js";

const form = element("queue");

addEventListener("htmx:config:request", (event) => {
  event.detail.ctx.request.headers.Authorization = `Bearer ${element("key").value.trim()}`;
});

export function wantedTasks() {
  const chosen = () => Object.fromEntries([...new FormData(form)].filter(([, value]) => value));
  return {
    // As POST /v1/tasks/lease takes it.
    wanted() {
      const { store_id, ...others } = chosen();
      return { ...others, ...(store_id && { store_ids: [store_id] }) };
    },
    isNarrow: () => Object.keys(chosen()).length > 0,
    onChange: (act) => form.addEventListener("change", act),
    refresh: () => htmx.trigger(form, "labelled"),
  };
}
