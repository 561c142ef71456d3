// Making and finding elements.

export const element = (id) => document.getElementById(id);

// make("li", { className: "quiet" }, "text", child): children that are null or undefined are left out.
export function make(tag, properties = {}, ...children) {
  const { dataset = {}, ...others } = properties;
  const made = Object.assign(document.createElement(tag), others);
  Object.assign(made.dataset, dataset);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function say(text, kind = "") {
  const message = element("message");
  [message.textContent, message.hidden, message.dataset.kind] = [text, !text, kind];
}

export const fail = (problem) => say(problem.message, "wrong");

export const counted = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;
