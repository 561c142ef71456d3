// Every state that some work went through. Quick changes of one thing (nudges, say) are one step.

const TOGETHER = 1_000; // milliseconds

export function history(first) {
  let before = [], after = [], now = first, last = { what: null, at: 0 };

  return {
    get now() {
      return now;
    },
    get canUndo() {
      return before.length > 0;
    },
    get canRedo() {
      return after.length > 0;
    },
    // `what` names what is changed and how; the same again soon after is the same step. Without it each is a step.
    change(next, what = null) {
      const at = performance.now();
      if (!(what && what === last.what && at - last.at < TOGETHER)) before.push(now);
      [now, after, last] = [next, [], { what, at }];
    },
    undo() {
      if (!before.length) return false;
      after.push(now);
      [now, last] = [before.pop(), { what: null, at: 0 }];
      return true;
    },
    redo() {
      if (!after.length) return false;
      before.push(now);
      now = after.pop();
      return true;
    },
  };
}
