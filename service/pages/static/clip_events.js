// The events of a piece while they are marked: each change can be taken back, and nothing is lost by a reload.
// Times are numbers of frames here: `start` is the first frame of an event, `end` its last.

export function markedEvents(task, kept) {
  const { times } = task;
  const frameAt = (seconds) => Math.max(0, times.findLastIndex((time) => time <= seconds + 1e-6));
  const fromAnswer = ({ event, start, end, track }) => ({ event, start: frameAt(start), end: frameAt(end - 1e-3), track });
  let state = kept ?? { events: task.events.map(fromAnswer), start: null, end: null, chosen: -1 };
  const before = [];

  function change(act) {
    const next = structuredClone(state);
    if (act(next) === false) return false;
    before.push(state);
    state = next;
    return true;
  }
  const chosen = (of) => of.events[of.chosen];

  return {
    get state() {
      return state;
    },
    fromAnswer,
    start: (frame) => change((next) => {
      const event = chosen(next) ?? next;
      event.start = frame;
      if (event.end !== null && event.end < frame) event.end = event === next ? null : frame;
    }),
    end: (frame) => change((next) => {
      const event = chosen(next) ?? next;
      if (event.start !== null && event.start > frame) return false;
      event.end = frame;
    }),
    // A digit: the chosen event becomes one of this kind, or what was marked does; false where no start is.
    kind: (kind, frame) => change((next) => {
      if (chosen(next)) return void (chosen(next).event = kind);
      if (next.start === null || (next.end ?? frame) < next.start) return false;
      next.events.push({ event: kind, start: next.start, end: next.end ?? frame, track: null });
      next.events.sort((a, b) => a.start - b.start || a.end - b.end);
      next.start = next.end = null;
    }),
    add: (event) => change((next) => void next.events.push(event)),
    // Says who: nobody, or one of those that are in view during the event, one after the other.
    track: () => change((next) => {
      const event = chosen(next);
      if (!event) return false;
      const inView = ({ boxes }) => boxes.some(([number]) => number >= event.start && number <= event.end);
      const ids = [null, ...task.tracks.filter(inView).map(({ id }) => id)];
      event.track = ids[(ids.indexOf(event.track) + 1) % ids.length];
    }),
    remove: () => change((next) => {
      if (!chosen(next)) return false;
      next.events.splice(next.chosen, 1);
      next.chosen = -1;
    }),
    choose: (place) => (state = { ...state, chosen: place < -1 ? state.events.length - 1 : place >= state.events.length ? -1 : place }),
    letGo: () => change((next) => void Object.assign(next, { start: null, end: null, chosen: -1 })),
    undo() {
      if (before.length) state = before.pop();
    },
    answer: () => state.events.map(({ event, start, end, track }) => ({
      event, track, start: times[start], end: end + 1 < times.length ? times[end + 1] : task.end,
    })),
  };
}
