// The selection bar: counts ticked rows, ticks a page or a range, and can mean "everything that matches the filters".
// data-selection holds the rows; inside it: input[data-pick] per row, input[data-pick-page], [data-selection-bar].

const picks = (root) => [...root.querySelectorAll("input[data-pick]")];
const last = new WeakMap();

function setAll(root, isAll) {
  const field = root.querySelector("input[data-selection-all]");
  if (field) field.value = isAll ? "all" : "";
  root.toggleAttribute("data-all-matching", isAll);
}

function show(root) {
  const boxes = picks(root);
  const n = boxes.filter((box) => box.checked).length;
  const bar = root.querySelector("[data-selection-bar]");
  const page = root.querySelector("input[data-pick-page]");
  const isAll = root.hasAttribute("data-all-matching");
  if (page) {
    page.checked = n > 0 && n === boxes.length;
    page.indeterminate = n > 0 && n < boxes.length;
  }
  if (!bar) return;
  bar.hidden = n === 0;
  const count = bar.querySelector("[data-selection-count]");
  if (count) count.textContent = isAll ? bar.dataset.total : n.toLocaleString("en");
  const offer = bar.querySelector("[data-select-matching]");
  if (offer) offer.hidden = isAll || n < boxes.length || boxes.length === 0;
  for (const text of bar.querySelectorAll("[data-when-all]")) text.hidden = !isAll;
  for (const text of bar.querySelectorAll("[data-when-some]")) text.hidden = isAll;
}

function tick(root, boxes, isChecked) {
  for (const box of boxes) box.checked = isChecked;
  setAll(root, false);
  show(root);
}

function rangeTo(root, box) {
  const boxes = picks(root);
  const [from, to] = [boxes.indexOf(last.get(root) ?? box), boxes.indexOf(box)].sort((a, b) => a - b);
  return from < 0 ? [box] : boxes.slice(from, to + 1);
}

document.addEventListener("click", (event) => {
  const root = event.target.closest("[data-selection]");
  if (!root) return;
  if (event.target.matches("input[data-pick]")) {
    tick(root, event.shiftKey ? rangeTo(root, event.target) : [event.target], event.target.checked);
    last.set(root, event.target);
  } else if (event.target.matches("input[data-pick-page]")) {
    tick(root, picks(root), event.target.checked);
  } else if (event.target.closest("[data-select-matching]")) {
    setAll(root, true);
    show(root);
  } else if (event.target.closest("[data-select-none]")) {
    tick(root, picks(root), false);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || document.querySelector("dialog[open], details.menu[open]")) return;
  for (const root of document.querySelectorAll("[data-selection]")) {
    if (picks(root).some((box) => box.checked)) tick(root, picks(root), false);
  }
});

const showEvery = () => document.querySelectorAll("[data-selection]").forEach(show);
document.addEventListener("htmx:afterSettle", showEvery);
window.addEventListener("pageshow", showEvery);
showEvery();
