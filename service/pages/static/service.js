// Talks to the service with the reader's own key.

import { element } from "./elements.js";

const key = element("key");

// The key comes in the address's fragment, which is never sent anywhere, or was remembered.
const given = new URLSearchParams(location.hash.slice(1)).get("key");
if (given) {
  localStorage.setItem("shelfloop-key", given);
  history.replaceState(null, "", location.pathname + location.search);
}
key.value = localStorage.getItem("shelfloop-key") ?? "";
key.addEventListener("input", () => localStorage.setItem("shelfloop-key", key.value.trim()));

export const onKeyChange = (act) => key.addEventListener("change", act);

// Returns the response, or throws an Error with a message for people and the problem's code (none: nothing was heard of the service). A body is a form, or is
// written as JSON.
export async function send(method, path, body) {
  const headers = { Authorization: `Bearer ${key.value.trim()}` };
  if (body !== undefined && !(body instanceof FormData || body instanceof Blob)) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(path, { method, headers, body });
  } catch {
    throw new Error("The service does not answer. Is it running?");
  }
  if (response.ok) return response;
  if (response.status === 401) {
    key.focus();
    throw new Error("An API key is needed: put one into the field at the top. 'shelfloop keys create' makes one.");
  }
  const problem = await response.json();
  throw Object.assign(new Error([problem.detail, problem.remedy].filter(Boolean).join(" ")), { code: problem.code, retryable: problem.retryable });
}

export const read = async (path) => (await send("GET", path)).json();

// --- pictures: an <img> cannot send a key, so they are fetched, each one once, and when it comes into view ---

const pictures = new Map();

function pictureAt(path) {
  if (!pictures.has(path)) {
    const found = send("GET", path).then((response) => response.blob()).then((blob) => URL.createObjectURL(blob));
    found.catch(() => pictures.delete(path));
    pictures.set(path, found);
  }
  return pictures.get(path);
}

const coming = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    coming.unobserve(target);
    Promise.resolve(target.pathOfPicture()).then((path) => path && pictureAt(path)).then((url) => {
      if (url) target.src = url;
      else target.dataset.missing = "";
    }).catch(() => (target.dataset.missing = ""));
  }
}, { rootMargin: "200px" });

// Returns an <img>; `path` is where its picture is, or a function that finds out when it is needed.
export function picture(path, alt = "") {
  const image = Object.assign(document.createElement("img"), { alt, draggable: false });
  image.pathOfPicture = typeof path === "function" ? path : () => path;
  coming.observe(image);
  return image;
}
