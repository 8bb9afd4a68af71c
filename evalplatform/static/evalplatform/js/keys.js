// Keyboard: g then a letter goes places, / searches, ? shows the keys, and one letter presses what carries data-key.

const PAUSE = 1200;
let goingUntil = 0;

const isTyping = (element) =>
  element.isContentEditable || element.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])");

const isVisible = (element) => element.checkVisibility?.() ?? element.offsetParent !== null;

function waitForLetter() {
  goingUntil = Date.now() + PAUSE;
  document.body.classList.add("keys-waiting");
  setTimeout(() => Date.now() >= goingUntil && stopWaiting(), PAUSE);
}

function stopWaiting() {
  goingUntil = 0;
  document.body.classList.remove("keys-waiting");
}

function go(letter) {
  const link = document.querySelector(`a[data-go="${CSS.escape(letter)}"]`);
  if (link) link.click();
  return Boolean(link);
}

function focusSearch() {
  const fields = ["main [data-search]", "[data-search]"].flatMap((where) => [...document.querySelectorAll(where)]);
  const field = fields.find(isVisible); // the list's own, before the one for everywhere
  if (!field) return false;
  field.focus();
  field.select();
  return true;
}

const isInMenu = (element) => element.matches(".menu__item") && isVisible(element.closest("details.menu"));

function press(key, within) {
  const found = [...within.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)];
  const target = found.find(isVisible) ?? found.find(isInMenu);
  if (!target || target.disabled) return false;
  if (target.matches("input:not([type=checkbox], [type=radio]), textarea, select")) target.focus();
  else target.click();
  return true;
}

// What carries data-row-key is for the row that one is on, and for none when one is on no row.
function pressInRow(key, row) {
  const target = row.querySelector(`[data-row-key="${CSS.escape(key)}"]`);
  if (!target || !isVisible(target) || target.disabled) return false;
  target.click();
  return true;
}

function act(key) {
  if (goingUntil > Date.now()) {
    stopWaiting();
    return go(key);
  }
  const dialog = document.querySelector("dialog[open]");
  if (dialog) return press(key, dialog);
  if (key === "g") {
    waitForLetter();
    return true;
  }
  if (key === "/") return focusSearch();
  if (key === "?") {
    document.getElementById("keys")?.showModal();
    return true;
  }
  const current = document.querySelector(".is-current");
  return (current && (pressInRow(key, current) || press(key, current))) || press(key, document);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (isTyping(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (act(event.key)) event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.target.closest("form[data-submit-key]")?.requestSubmit();
});
