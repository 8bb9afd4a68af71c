// The session page: find within the messages shown (no change to the text, only highlights), copy a message as it
// was written, and keep the place while the label is saved.

const field = document.getElementById("find");
const count = document.querySelector("[data-find-count]");
const conversation = document.querySelector("[data-conversation]");
const canHighlight = typeof Highlight === "function" && CSS.highlights;
const MOST = 2000;
let found = [];
let at = -1;

function textNodes() {
  const nodes = [];
  for (const box of conversation.querySelectorAll("[data-text]")) {
    const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) nodes.push(walker.currentNode);
  }
  return nodes;
}

function search(words) {
  const ranges = [];
  const wanted = words.toLocaleLowerCase();
  for (const node of textNodes()) {
    const text = node.data.toLocaleLowerCase();
    if (text.length !== node.data.length) continue; // case folding moved the places
    for (let from = text.indexOf(wanted); from >= 0 && ranges.length < MOST; from = text.indexOf(wanted, from + wanted.length)) {
      const range = new Range();
      range.setStart(node, from);
      range.setEnd(node, from + wanted.length);
      ranges.push(range);
    }
  }
  return ranges;
}

function show() {
  if (canHighlight) {
    CSS.highlights.set("found", new Highlight(...found));
    CSS.highlights.set("found-now", at < 0 ? new Highlight() : new Highlight(found[at]));
  }
  count.textContent = field.value ? `${found.length ? at + 1 : 0} of ${found.length}${found.length >= MOST ? "+" : ""}` : "";
}

function goTo(place) {
  if (!found.length) return;
  at = (place + found.length) % found.length;
  const box = found[at].startContainer.parentElement;
  const fold = box.closest("details:not([open])");
  if (fold) fold.open = true;
  box.scrollIntoView({ block: "center" });
  show();
}

function find() {
  found = field.value.trim() ? search(field.value.trim()) : [];
  at = -1;
  if (found.length) goTo(0);
  else show();
}

field?.addEventListener("input", find);
field?.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    field.value = "";
    find();
    field.blur();
  }
  if (event.key !== "Enter") return;
  event.preventDefault();
  goTo(at + (event.shiftKey ? -1 : 1));
});
document.querySelector("[data-find]")?.addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("htmx:afterSettle", (event) => {
  if (field?.value && conversation.contains(event.target)) find();
});

/* Copy what was written, not what is shown */
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy-message]");
  if (button) {
    const answer = await fetch(button.dataset.copyMessage).catch(() => null);
    if (!answer?.ok) return;
    const relay = document.createElement("button");
    relay.dataset.copy = await answer.text();
    relay.hidden = true;
    document.body.append(relay);
    relay.click();
    relay.remove();
  }
  const take = event.target.closest("[data-take-answer]");
  if (take) {
    const area = document.getElementById("expected-text");
    area.value = document.getElementById("last-answer").textContent;
    area.focus();
  }
});

/* What is typed while an earlier save is under way outlives the panel that the save brings */
let typed = [];
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id !== "label-panel") return;
  const { elt, parameters } = event.detail.requestConfig;
  typed = [...event.detail.target.querySelectorAll("textarea[id], input[type=text][id]")]
    .filter((field) => field.value !== field.defaultValue && !(elt.contains(field) && parameters[field.name] === field.value))
    .map((field) => [field.id, field.value, field.selectionStart]);
});
document.addEventListener("htmx:afterSettle", () => {
  for (const [id, value, place] of typed) {
    const field = document.getElementById(id);
    if (!field) continue;
    field.value = value;
    field.setSelectionRange(place, place);
    let isChanged = false;
    field.addEventListener("change", () => { isChanged = true; }, { once: true });
    field.addEventListener("blur", () => isChanged || field.dispatchEvent(new Event("change", { bubbles: true })), { once: true });
  }
  typed = [];
});

/* A saved label is a new panel: the focus goes back to where it was */
let focused = "";
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id === "label-panel") {
    const active = document.activeElement;
    focused = event.detail.target.contains(active) ? active.id || (active.dataset.key ? `[data-key="${active.dataset.key}"]` : "") : "";
  }
});
document.addEventListener("htmx:afterSettle", () => {
  if (!focused) return;
  const panel = document.getElementById("label-panel");
  const target = focused.startsWith("[") ? panel?.querySelector(focused) : document.getElementById(focused);
  focused = "";
  if (target && !panel.contains(document.activeElement)) target.focus({ preventScroll: true });
});
