// Toasts: django messages, HX-Trigger {"toast": {text, level, undo}}, and what htmx could not do.
// What went wrong stays until it is closed; the rest leaves after eight seconds unless it is being read, or when newer
// ones need its place: quick work must not wall the list in.

const STAY = 8000;
const MOST = window.matchMedia("(max-width: 680px)").matches ? 1 : 3;
const ICONS = { success: "check-circle", info: "info", warning: "alert", error: "x-circle" };
const list = document.getElementById("toasts");
const shape = document.getElementById("toast-shape");

function leaveLater(toast) {
  if (toast.classList.contains("toast--error")) return;
  let timer;
  const start = () => (timer = setTimeout(() => toast.remove(), STAY));
  const stop = () => clearTimeout(timer);
  for (const name of ["mouseenter", "focusin"]) toast.addEventListener(name, stop);
  for (const name of ["mouseleave", "focusout"]) toast.addEventListener(name, start);
  start();
}

export function toast({ text, level = "info", undo = "" }) {
  if (!list || !shape) return;
  const item = shape.content.firstElementChild.cloneNode(true);
  item.classList.add(`toast--${level}`);
  item.querySelector(".toast__text").textContent = text;
  const use = item.querySelector(".icon use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${ICONS[level] ?? "info"}`));
  const button = item.querySelector("[data-undo]");
  button.hidden = !undo;
  button.dataset.undo = undo;
  list.append(item);
  for (const old of [...list.querySelectorAll(".toast:not(.toast--error)")].slice(0, -MOST)) old.remove();
  leaveLater(item);
}

async function takeBack(item, url) {
  item.remove();
  const token = document.querySelector("meta[name=csrf-token]")?.content ?? "";
  const answer = await fetch(url, { method: "POST", headers: { "X-CSRFToken": token } }).catch(() => null);
  if (answer?.ok) location.reload();
  else toast({ text: "Could not undo: what you changed has moved on since.", level: "error" });
}

function refusal(status) {
  if (status === 403) return "You may not do this. Nothing was changed.";
  if (status === 404) return "This is no longer here. Reload the page to see what is.";
  if (status === 429) return "Too many requests. Wait a moment, then try again.";
  return "The server could not do this. Nothing was changed; try again.";
}

document.addEventListener("click", (event) => {
  const item = event.target.closest(".toast");
  if (!item) return;
  const undo = event.target.closest("[data-undo]");
  if (undo) takeBack(item, undo.dataset.undo);
  else if (event.target.closest("[data-toast-close]")) item.remove();
});

// z takes back the last thing done, as long as its toast is there.
document.addEventListener("keydown", (event) => {
  if (event.key !== "z" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  [...document.querySelectorAll(".toast [data-undo]:not([hidden])")].at(-1)?.click();
});

document.addEventListener("toast", (event) => toast(event.detail));
document.addEventListener("htmx:responseError", (event) =>
  toast({ text: refusal(event.detail.xhr.status), level: "error" }),
);
document.addEventListener("htmx:sendError", () =>
  toast({ text: "No connection to the server. What you typed is still here.", level: "error" }),
);
document.querySelectorAll(".toast").forEach(leaveLater);
