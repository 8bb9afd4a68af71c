// Lists under data-rows: j and k move, Enter opens, x selects. The row you are on carries .is-current and aria-current.

const rowsOf = (list) => [...list.querySelectorAll("[data-row]")];

function activeList() {
  return document.querySelector("[data-rows]:has(.is-current)") ?? document.querySelector("[data-rows]");
}

function mark(row) {
  for (const other of document.querySelectorAll("[data-row].is-current")) {
    other.classList.remove("is-current");
    other.removeAttribute("aria-current");
  }
  row.classList.add("is-current");
  row.setAttribute("aria-current", "true");
  row.scrollIntoView({ block: "nearest" });
  row.dispatchEvent(new CustomEvent("row:current", { bubbles: true }));
}

// Past the end of a list comes the next one.
function move(step) {
  const rows = [...document.querySelectorAll("[data-rows]")].filter((list) => list.checkVisibility()).flatMap(rowsOf);
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.classList.contains("is-current"));
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step));
  mark(rows[next]);
}

const act = {
  j: () => move(1),
  k: () => move(-1),
  Enter: (row) => row?.querySelector(".row-link")?.click(),
  o: (row) => row?.querySelector(".row-link")?.click(),
  x: (row) => row?.querySelector("input[type=checkbox]")?.click(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.closest("textarea, select, [contenteditable], input:not([type=checkbox])")) return;
  if (event.key === "Enter" && event.target.closest("a, button, summary, input")) return;
  if (document.body.classList.contains("keys-waiting")) return;
  const list = activeList();
  const row = list?.querySelector(".is-current");
  const needsRow = !["j", "k"].includes(event.key);
  if (!list || !Object.hasOwn(act, event.key) || (needsRow && !row)) return;
  event.preventDefault();
  act[event.key](row);
});

document.addEventListener("focusin", (event) => {
  const row = event.target.closest?.("[data-row]");
  if (row && !row.classList.contains("is-current") && event.target.matches(":focus-visible")) mark(row);
});
