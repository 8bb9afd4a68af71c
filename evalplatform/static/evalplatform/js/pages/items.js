// The list of a dataset's items: opened at a shared one, edited in its rows, ordered and deleted from them.
// What is done comes back as the list itself ("items:changed"); the row one is on stays the row one is on.

const list = () => document.querySelector("[data-items]");
const rowOf = (element) => element?.closest?.("tr[data-item]");
const rowWith = (id) => (id ? document.querySelector(`tr[data-item="${CSS.escape(id)}"]`) : null);
const token = () => document.querySelector("meta[name=csrf-token]")?.content ?? "";
let here = "";

function stand(row, block = "nearest") {
  if (!row) return;
  for (const other of document.querySelectorAll("[data-row].is-current")) {
    other.classList.remove("is-current");
    other.removeAttribute("aria-current");
  }
  row.classList.add("is-current");
  row.setAttribute("aria-current", "true");
  row.scrollIntoView({ block });
  here = row.dataset.item;
}

const shared = document.querySelector("[data-items] tr.is-shared");
if (shared) requestAnimationFrame(() => stand(shared, "center"));

function edit(row) {
  here = row.dataset.item;
  window.htmx.ajax("GET", `${list().dataset.items}${here}/inline/`, { target: row, swap: "outerHTML show:none" });
}

const move = (row, to) =>
  window.htmx.ajax("POST", `${list().dataset.items}${row.dataset.item}/move/`, { source: list(), swap: "none", values: { to } });

function remove(row) {
  const beside = row.nextElementSibling ?? row.previousElementSibling;
  const values = { act: "delete", ids: row.dataset.item };
  here = beside?.dataset.item ?? "";
  window.htmx.ajax("POST", `${list().dataset.items}act/`, { source: list(), swap: "none", values });
}

const acts = { edit, delete: remove, up: (row) => move(row, "up"), down: (row) => move(row, "down"), top: (row) => move(row, "top") };

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  const row = rowOf(button);
  if (!row) return;
  if (button.dataset.do !== "delete") here = row.dataset.item;
  acts[button.dataset.do](row);
});

document.addEventListener("row:current", (event) => (here = rowOf(event.target)?.dataset.item ?? here));

// An answer of 409 is the form again, with what somebody else changed.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status !== 409 || !event.detail.target?.matches?.("[data-inline]")) return;
  event.detail.shouldSwap = true;
  event.detail.isError = false;
});

document.addEventListener("htmx:afterSettle", () => {
  const form = document.querySelector("[data-inline]");
  if (form && !form.contains(document.activeElement)) {
    const field = form.querySelector("[aria-invalid=true]") ?? form.querySelector("textarea");
    field?.focus();
    field?.setSelectionRange?.(0, 0);
    return;
  }
  const row = rowWith(here);
  if (row && !row.classList.contains("is-current")) stand(row);
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("[data-inline]");
  if (event.key === "Escape" && form) {
    event.preventDefault();
    form.querySelector("[data-cancel-inline]").click();
  }
});
