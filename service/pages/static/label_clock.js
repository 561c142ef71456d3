// Counts the seconds that somebody works on a task; a pause is no work.

const PAUSE = 60_000; // milliseconds without a key or the pointer
const SIGNS = ["keydown", "pointerdown", "pointermove", "wheel"];

// Returns functions: `start(seconds)` begins with what was counted before, `seconds()` is the sum until now.
export function workClock(now = () => performance.now()) {
  let counted = 0, last = now();

  function tick() {
    const passed = now() - last;
    if (passed <= PAUSE && !document.hidden) counted += passed;
    last = now();
  }

  for (const sign of SIGNS) addEventListener(sign, tick, { passive: true, capture: true });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && now() - last <= PAUSE) counted += now() - last;
    last = now();
  });
  return {
    start(seconds = 0) {
      [counted, last] = [1000 * seconds, now()];
    },
    seconds() {
      const passed = now() - last;
      return (counted + (passed <= PAUSE && !document.hidden ? passed : 0)) / 1000;
    },
  };
}
