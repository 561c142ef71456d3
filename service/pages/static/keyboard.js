// Keys that do something wherever the reader is, except while something is being typed.

const TYPED_INTO = "input, textarea, select";
const PRESSED = "button, a, summary"; // which do something of their own with Enter and the space bar

export function onKeys(actions, ready = () => true) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches(TYPED_INTO)) return;
    if ((event.key === "Enter" || event.key === " ") && event.target.matches(PRESSED)) return;
    const act = ready() && actions[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

// What was clicked with a mouse does not keep the focus, or Enter would press it again.
addEventListener("click", (event) => event.detail && event.target.closest("button")?.blur());
