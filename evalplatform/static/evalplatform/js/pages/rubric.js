// The editor of a rubric: parts are added, moved, doubled and removed by buttons and keys; the JSON beside them is what is
// sent, and the server draws the preview from it. Without this script the JSON alone is edited.

import { blank, input, listIn, make, makeName, partsIn, read, retitle, showKind } from "./rubric_parts.js";

const form = document.querySelector("[data-rubric]");
const builder = form?.querySelector("[data-builder]");
const sections = form?.querySelector("[data-sections]");
const json = form?.querySelector("#id_shape");
const jsonError = form?.querySelector("[data-json-error]");
let removed = []; // what u brings back: {part, list, next}

const all = (name) => [...sections.querySelectorAll(`[data-part=${name}]`)];
const partOf = (element) => element.closest("[data-part]");
const nameOf = (part) => part.dataset.part;
const ABOVE = { criterion: "section", option: "criterion" };

function say(text, { undo = false } = {}) {
  form.querySelector("[data-said]").textContent = text;
  form.querySelector("[data-act=undo]").hidden = !undo;
}

/* The JSON is what is sent; it follows the fields, and the fields follow it */
function sync() {
  for (const name of ["section", "criterion", "option"]) all(name).forEach(retitle);
  json.value = JSON.stringify({ sections: partsIn(sections).map(read.section) }, null, 2);
  jsonError.hidden = true;
  form.dispatchEvent(new CustomEvent("rubric:changed"));
}

function draw(held) {
  sections.replaceChildren(...(Array.isArray(held?.sections) ? held.sections : []).map(make.section));
  all("criterion").forEach((part) => fold(part, all("criterion").length > 4));
  removed = [];
}

function drawJson() {
  try {
    draw(JSON.parse(json.value));
  } catch (error) {
    jsonError.textContent = `This is not JSON: ${error.message}`;
    jsonError.hidden = false;
    return;
  }
  sync();
}

/* What can be done with a part */
function fold(part, isFolded) {
  part.querySelector("[data-body]").hidden = isFolded;
  part.querySelector("[data-act=toggle]").setAttribute("aria-expanded", String(!isFolded));
}

function focusOn(part) {
  if (nameOf(part) === "criterion") fold(part, false);
  input(part, "label").focus();
}

function put(part, list, next) {
  list.insertBefore(part, next);
  if (nameOf(part) !== "option") makeNames(part);
  focusOn(part);
  sync();
  say(`Added ${nameOf(part)} ${partsIn(list).indexOf(part) + 1} of ${list.children.length}.`);
}

// The part after the one that one is in; at the end of the list that holds its kind.
function add(name, from) {
  const part = make[name](blank[name]());
  const beside = from?.closest(`[data-part=${name}]`);
  if (beside) return put(part, beside.parentElement, beside.nextElementSibling);
  const list = name === "section" ? sections : listIn(from.closest(`[data-part=${ABOVE[name]}]`), name);
  return put(part, list, null);
}

function duplicate(part) {
  if (nameOf(part) === "option") return add("option", part);
  const held = read[nameOf(part)](part);
  const forget = (each) => delete each.key;
  forget(held);
  held.criteria?.forEach(forget);
  return put(make[nameOf(part)](held), part.parentElement, part.nextElementSibling);
}

function remove(part) {
  const [list, next] = [part.parentElement, part.nextElementSibling];
  const title = retitle(part);
  removed.push({ part, list, next });
  const beside = next ?? part.previousElementSibling;
  part.remove();
  sync();
  const place = beside ? (beside.querySelector("[data-act=toggle]") ?? input(beside, "label")) : list.parentElement.querySelector(`[data-act^=add-]`);
  (place ?? form.querySelector("[data-act=add-section]")).focus();
  say(`Removed ${title}.`, { undo: true });
}

function undo() {
  const last = removed.pop();
  if (!last) return;
  last.list.insertBefore(last.part, last.next?.parentElement === last.list ? last.next : null);
  sync();
  focusOn(last.part);
  say(`${retitle(last.part)} is back.`, { undo: removed.length > 0 });
}

// At the end of its section a criterion goes on into the next one.
function beyond(part, by) {
  if (nameOf(part) !== "criterion") return null;
  const section = part.parentElement.closest("[data-part]");
  const next = by < 0 ? section.previousElementSibling : section.nextElementSibling;
  return next ? listIn(next, "criterion") : null;
}

function move(part, by) {
  const list = part.parentElement;
  const focused = document.activeElement;
  const [start, end] = focused.matches("input:not([type=checkbox]), textarea") ? [focused.selectionStart, focused.selectionEnd] : [];
  const other = by < 0 ? part.previousElementSibling : part.nextElementSibling;
  const elsewhere = other ? null : beyond(part, by);
  if (other) list.insertBefore(part, by < 0 ? other : other.nextElementSibling);
  else if (elsewhere) elsewhere.insertBefore(part, by < 0 ? null : elsewhere.firstElementChild);
  else return say(`This is the ${by < 0 ? "first" : "last"}.`);
  focused.focus();
  if (start !== undefined) focused.setSelectionRange(start, end);
  part.scrollIntoView({ block: "nearest" });
  sync();
  const there = part.parentElement;
  return say(`${retitle(part)}: ${partsIn(there).indexOf(part) + 1} of ${there.children.length}.`);
}

/* Names made from labels */
function makeNames(part) {
  const within = nameOf(part) === "option" ? partsIn(part.parentElement) : all(nameOf(part));
  makeName(part, within);
  if (nameOf(part) === "section") partsIn(listIn(part, "criterion")).forEach(makeNames);
}

/* Faults at their place: {"sections[0].criteria[1].options[0].value": "..."} */
function placeOf(path) {
  let part = null;
  let list = sections;
  const names = { sections: "section", criteria: "criterion", options: "option" };
  let rest = path;
  for (let step; (step = rest.match(/^(sections|criteria|options)\[(\d+)\]\.?/)); rest = rest.slice(step[0].length)) {
    list = part ? listIn(part, names[step[1]]) : sections;
    part = partsIn(list)[Number(step[2])] ?? part;
  }
  const error = part && (part.querySelector(`[data-error="${CSS.escape(rest)}"]`) ?? part.querySelector("[data-error]"));
  return { part, error, field: part && rest ? input(part, rest) : null };
}

function showFaults(faults) {
  let first = null;
  for (const [path, message] of Object.entries(faults)) {
    const { part, error, field } = placeOf(path);
    const place = error ?? builder.querySelector("[data-error-whole]");
    place.textContent = message;
    place.hidden = false;
    if (part) fold(part.closest("[data-part=criterion]") ?? part, false);
    field?.setAttribute("aria-invalid", "true");
    field?.setAttribute("aria-describedby", place.id);
    first ??= field ?? part?.querySelector("input");
  }
  return first;
}

function clearFault(field) {
  const error = field.closest(".field")?.querySelector("[data-error]");
  if (error) error.hidden = true;
  field.removeAttribute("aria-invalid");
}

/* Buttons and keys */
const ACTS = {
  up: (part) => move(part, -1),
  down: (part) => move(part, 1),
  duplicate,
  remove,
  toggle: (part) => fold(part, !part.querySelector("[data-body]").hidden),
  undo,
  "add-section": (part) => add("section", part),
  "add-criterion": (part) => add("criterion", part),
  "add-option": (part) => add("option", part),
};
const isText = (element) => element.matches("textarea, input:not([type=checkbox])");

function chord(event, part) {
  if (event.key === "ArrowUp") return () => move(part, -1);
  if (event.key === "ArrowDown") return () => (event.shiftKey ? duplicate(part) : move(part, 1));
  if (event.key === "Enter") return () => add(nameOf(part), part);
  if (event.key === "Delete") return () => remove(part);
  return null;
}

function plain(event, part) {
  if (event.key === "Enter" && event.target.matches("input")) return () => (nameOf(part) === "option" ? add("option", part) : null);
  const toggle = event.target.closest("[data-act=toggle]");
  if (toggle && /^Arrow(Up|Down)$/.test(event.key)) {
    const toggles = [...sections.querySelectorAll("[data-act=toggle]")];
    return () => toggles[toggles.indexOf(toggle) + (event.key === "ArrowUp" ? -1 : 1)]?.focus();
  }
  return null;
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey) return;
  if (event.key === "u" && !event.altKey && !isText(event.target) && !event.target.matches("select") && removed.length) {
    event.preventDefault();
    return undo();
  }
  const part = builder.contains(event.target) ? partOf(event.target) : null;
  const act = part && (event.altKey ? chord(event, part) : plain(event, part));
  if (!act) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  act();
}

function onInput(event) {
  const part = partOf(event.target);
  if (!part) return;
  const { name } = event.target.dataset;
  clearFault(event.target);
  if (name === "label") makeNames(part);
  if (name === "key" || name === "value") delete event.target.dataset.makesItself;
  if (name === "kind") showKind(part);
  sync();
}

function foldAll(button) {
  const isFolding = all("criterion").some((part) => !part.querySelector("[data-body]").hidden);
  all("criterion").forEach((part) => fold(part, isFolding));
  button.textContent = isFolding ? "Unfold all" : "Fold all";
}

if (form) {
  const faults = JSON.parse(form.dataset.faults);
  builder.hidden = false;
  drawJson();
  const first = showFaults(faults);
  const isJson = !jsonError.hidden || "" in faults;
  form.querySelector(".rubric-json").open = isJson;
  if (!isJson) form.querySelectorAll(".rubric-json ul.field__errors").forEach((told) => told.remove()); // told at their places
  if (!isJson) json.removeAttribute("aria-invalid");
  if (first && !form.querySelector("#id_name[aria-invalid=true]")) first.focus();
  builder.addEventListener("input", onInput);
  json.addEventListener("change", drawJson);
  document.addEventListener("keydown", onKey, true);
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    if (button) ACTS[button.dataset.act](partOf(button));
    if (event.target.closest("[data-fold-all]")) foldAll(event.target);
  });
  let isSent = false;
  const before = json.value;
  form.addEventListener("submit", () => (isSent = true));
  window.addEventListener("beforeunload", (event) => !isSent && json.value !== before && event.preventDefault());
}

/* The preview can be tried: flags and notes open, nothing is kept */
document.querySelector("[data-try]")?.addEventListener("click", (event) => {
  const flag = event.target.closest("[data-flag]");
  const note = event.target.closest("[data-note-open]");
  if (flag) flag.setAttribute("aria-pressed", String(flag.getAttribute("aria-pressed") !== "true"));
  if (note) {
    const place = note.closest("[data-field]").querySelector("[data-note]");
    place.hidden = !place.hidden;
    note.setAttribute("aria-expanded", String(!place.hidden));
  }
});
