// What the page of an adjudicator has beside that of a reviewer: the majority, what all agree on, cause and labels.

import { fieldsOf, setField } from "./review_form.js";

const place = document.querySelector("[data-desk-place]");
const says = document.querySelector("[data-says]");
const SHOWS = "adjudicate-agreed";
let form = place.querySelector("[data-form]");

const isAnswered = (field) => Boolean(field.querySelector("input:checked, [data-flag][aria-pressed=true]") || field.querySelector("[data-value]")?.value.trim());
const questions = () => fieldsOf(form).filter((field) => field.matches("fieldset") && field.checkVisibility());

function say(text) {
  says.textContent = "";
  requestAnimationFrame(() => (says.textContent = text));
}

function focus(field) {
  field?.focus({ preventScroll: true });
  field?.scrollIntoView({ block: "nearest" });
}

// Every question that has a majority says it; the next thing to do is the first one left open.
function adopt() {
  const most = fieldsOf(form).filter((field) => field.dataset.majority);
  for (const field of most) setField(field, JSON.parse(field.dataset.majority));
  if (most.length) most[0].dispatchEvent(new Event("input", { bubbles: true }));
  const open = questions().find((field) => !isAnswered(field) && !field.querySelector("legend .field__optional"));
  focus(open ?? questions().at(-1));
  const n = most.length;
  say(`The majority is adopted in ${n} ${n === 1 ? "question" : "questions"}. ${open ? `Open: ${open.dataset.label}.` : "Nothing is left open."}`);
}

function showAgreed(isShown) {
  form?.classList.toggle("hides-agreed", !isShown);
  const toggle = form?.querySelector("[data-agreed-toggle]");
  if (toggle) toggle.textContent = `${isShown ? "Hide" : "Show"} ${toggle.dataset.n} on which all agree`;
}

function toggleAgreed() {
  const isShown = form.classList.contains("hides-agreed");
  localStorage.setItem(SHOWS, isShown ? "1" : "0");
  showAgreed(isShown);
}

function openLabels() {
  const labels = form.querySelector("[data-labels]");
  labels.open = !labels.open;
  if (labels.open) focus(labels.querySelector("fieldset"));
}

const KEYS = {
  m: adopt,
  d: toggleAgreed,
  l: openLabels,
  c: () => focus(form.querySelector('[data-field="@cause"]')),
};

place.addEventListener("desk:begin", (event) => {
  form = event.detail;
  showAgreed(localStorage.getItem(SHOWS) === "1");
});

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.isContentEditable || event.target.matches("textarea, select, input:not([type=radio], [type=checkbox])");
  const isChord = event.ctrlKey || event.metaKey || event.altKey || document.body.classList.contains("keys-waiting");
  if (isTyping || isChord || event.repeat || document.querySelector("dialog[open]") || !place.contains(form) || !KEYS[event.key]) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  KEYS[event.key]();
}, true);

place.addEventListener("click", (event) => {
  if (event.target.closest("[data-adopt]")) adopt();
  if (event.target.closest("[data-agreed-toggle]")) toggleAgreed();
});

if (form) showAgreed(localStorage.getItem(SHOWS) === "1");
