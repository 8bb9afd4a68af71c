// details.menu: opens onto its first field or item, however it was opened; closes on a click outside, on Escape and
// after a choice; arrow keys walk its items.

const open = () => document.querySelectorAll("details.menu[open]");

const FIRST = ".menu__panel :is(textarea, select, input:not([type=hidden]), .menu__item)";

document.addEventListener(
  "toggle",
  (event) => {
    if (event.target.matches?.("details.menu[open]")) event.target.querySelector(FIRST)?.focus({ preventScroll: true });
  },
  true,
);

document.addEventListener("click", (event) => {
  for (const menu of open()) {
    const isInside = menu.contains(event.target);
    const isChoice = event.target.closest(".menu__item") && !event.target.closest("[data-keep-open]");
    if (!isInside || isChoice) menu.open = false;
  }
});

document.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector("summary").focus();
      event.preventDefault();
    }
  },
  true,
);

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details.menu[open]");
  if (!menu || !["ArrowDown", "ArrowUp"].includes(event.key) || event.target.matches("input, select, textarea")) return;
  const items = [...menu.querySelectorAll(".menu__item")];
  if (!items.length) return;
  const step = event.key === "ArrowDown" ? 1 : -1;
  const at = items.indexOf(document.activeElement);
  items[at < 0 && step < 0 ? items.length - 1 : (at + step + items.length) % items.length].focus();
  event.preventDefault();
});
