// Keys of the label page: with modifiers, and Tab, unlike those of other pages.

const TYPED_INTO = "input, textarea, select";
const PRESSED = "button, a, summary";

// The name of a key with its modifiers: "Shift+ArrowLeft", "Ctrl+z", "u", "U"; Alt and the command key count as Ctrl.
function nameOf(event) {
  const held = event.ctrlKey || event.metaKey || event.altKey;
  const shifted = event.shiftKey && event.key.length > 1; // a letter with Shift is another letter by itself
  return `${held ? "Ctrl+" : ""}${shifted ? "Shift+" : ""}${event.key === " " ? "Space" : event.key}`;
}

// `actionsNow()` gives the actions by name. One that returns false leaves the key to the browser.
export function onLabelKeys(actionsNow) {
  addEventListener("keydown", (event) => {
    if (event.target.matches?.(TYPED_INTO) || document.querySelector("dialog[open]")) return;
    const name = nameOf(event);
    if (/^(Enter|Space)$/.test(name) && event.target.matches?.(PRESSED)) return;
    const act = actionsNow()[name];
    if (!act || act(event) === false) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // Annotorious has an undo of its own
  }, { capture: true });
}
