// The Evals view: 1-4 set the status of the row you are on, the same again clears, u takes back, e opens the
// expected output; one status menu serves all rows. Rows come from the server, which is the one who knows.

const STATUSES = { 1: "golden", 2: "correct", 3: "incorrect", 4: "needs_review" };
const menu = document.getElementById("status-menu");
let menuRow = null;
let currentId = "";

let queue = Promise.resolve();

const rowOf = (element) => element?.closest?.("[data-row][data-label-url]");
const rowWith = (id) => (id ? document.querySelector(`[data-row][data-id="${CSS.escape(id)}"]`) : null);
const currentRow = () => rowOf(document.querySelector("[data-row].is-current")) ?? rowWith(currentId);
const token = () => document.querySelector("meta[name=csrf-token]")?.content ?? "";
const say = (text, level) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, level } }));

// One after the other: what a key does depends on what the row says when its turn comes.
function setStatus(row, status) {
  if (!menu || !row) return;
  const { id } = row.dataset;
  queue = queue.then(() => send(rowWith(id), status)).catch(() => {});
}

function send(row, status) {
  if (!row) return null;
  const wanted = row.dataset.status === status ? "" : status;
  row.classList.add("is-saving");
  return window.htmx
    .ajax("POST", row.dataset.labelUrl, { source: row, target: row, swap: "outerHTML show:none", values: { status: wanted, as: "row" } })
    .finally(() => row.classList.remove("is-saving"));
}

function openExpected(row) {
  window.htmx.ajax("GET", row.dataset.expectedUrl, { target: "#dialogs", swap: "innerHTML" });
}

/* The status menu */
function closeMenu(isFocusBack) {
  if (!menu || menu.hidden) return;
  menu.hidden = true;
  const button = menuRow?.querySelector("[data-status-menu]");
  button?.removeAttribute("aria-expanded");
  if (isFocusBack) button?.focus();
  menuRow = null;
}

function openMenu(button) {
  closeMenu(false);
  menuRow = rowOf(button);
  button.setAttribute("aria-expanded", "true");
  menu.hidden = false;
  const box = button.getBoundingClientRect();
  const isAbove = box.bottom + menu.offsetHeight + 8 > window.innerHeight;
  menu.style.left = `${Math.max(8, Math.min(box.left, window.innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${isAbove ? box.top - menu.offsetHeight - 4 : box.bottom + 4}px`;
  for (const item of menu.querySelectorAll("[data-status]")) {
    item.setAttribute("aria-checked", String(item.dataset.status === menuRow.dataset.status));
  }
  menu.querySelector("[data-status]").focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-status-menu]");
  if (button) {
    if (menuRow === rowOf(button)) closeMenu(true);
    else openMenu(button);
    return;
  }
  const item = event.target.closest("#status-menu [data-status]");
  if (item) {
    const row = menuRow;
    closeMenu(true);
    if (item.dataset.status) setStatus(row, item.dataset.status);
    else if (row.dataset.status) setStatus(row, row.dataset.status);
  } else if (!event.target.closest("#status-menu")) {
    closeMenu(false);
  }
});

menu?.addEventListener("keydown", (event) => {
  const items = [...menu.querySelectorAll("[data-status]")];
  const at = items.indexOf(document.activeElement);
  if (event.key === "Escape" || event.key === "Tab") closeMenu(true);
  else if (event.key === "ArrowDown") items[(at + 1) % items.length].focus();
  else if (event.key === "ArrowUp") items[(at + items.length - 1) % items.length].focus();
  else if (STATUSES[event.key]) items.find((item) => item.dataset.status === STATUSES[event.key]).click();
  else return;
  event.preventDefault();
  event.stopPropagation();
});
window.addEventListener("scroll", () => closeMenu(false), { passive: true });

/* Keys of the row */
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.closest("textarea, select, [contenteditable], input:not([type=checkbox])")) return;
  if (document.body.classList.contains("keys-waiting")) return;
  const row = currentRow();
  if (STATUSES[event.key] && row) setStatus(row, STATUSES[event.key]);
  else if (event.key === "e" && row) openExpected(row);
  else if (event.key === "u") [...document.querySelectorAll(".toast [data-undo]:not([hidden])")].at(-1)?.click();
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
});

/* Undo without a reload: the place in the list and the rows loaded so far stay */
async function takeBack(item, url) {
  item.remove();
  const answer = await fetch(url, { method: "POST", headers: { "X-CSRFToken": token(), "HX-Request": "true" } }).catch(() => null);
  if (!answer?.ok) return say("Could not undo: what you changed has moved on since.", "error");
  if (answer.status === 202) return window.htmx.trigger(document.body, "labels:begun");
  say("Undone.", "success");
  return window.htmx.trigger(document.body, "labels:changed");
}

document.addEventListener(
  "click",
  (event) => {
    const undo = event.target.closest(".toast [data-undo]");
    if (!undo?.dataset.undo) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    takeBack(undo.closest(".toast"), undo.dataset.undo);
  },
  true,
);

/* A refreshed list shows as many rows as before and keeps your place */
document.addEventListener("htmx:configRequest", (event) => {
  if (!event.detail.elt.matches("[data-evals]")) return;
  event.detail.parameters.set?.("n", String(event.detail.elt.querySelectorAll("[data-row]").length));
});

document.addEventListener("row:current", (event) => (currentId = event.target.dataset.id));
document.addEventListener("htmx:afterSettle", () => {
  const row = rowWith(currentId);
  if (!row || row.classList.contains("is-current")) return;
  row.classList.add("is-current");
  row.setAttribute("aria-current", "true");
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-take-answer]")) return;
  const area = document.getElementById("expected-text");
  area.value = document.getElementById("last-answer").textContent;
  area.focus();
});
