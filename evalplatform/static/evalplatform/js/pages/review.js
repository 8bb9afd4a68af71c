// The review page: keys, what is chosen, and going from item to item without a new page. The server answers each act
// with the next desk; draft.js keeps what is typed.

import { Draft } from "./review_draft.js";
import { fieldsOf, fillDifferences, fillForm, fillLines, readForm, showErrors, showMeans } from "./review_form.js";

const place = document.querySelector("[data-desk-place]");
const says = document.querySelector("[data-says]");
const conflict = document.getElementById("conflict");
const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
let desk = null;
let form = null;
let current = null;
let draft = null;
let isBusy = false;
let renewing = 0;
let done = []; // what u takes back: {flag: button} or {url}

const token = () => document.querySelector("meta[name=csrf-token]")?.content ?? "";
const say = (text) => { says.textContent = ""; requestAnimationFrame(() => (says.textContent = text)); };

function toast(text, level = "success", undo = "") {
  document.querySelectorAll("#toasts .toast:not(.toast--error)").forEach((old) => old.remove());
  document.dispatchEvent(new CustomEvent("toast", { detail: { text, level, undo } }));
}

/* Asking the server: {status, body}; status 0 when it cannot be reached or one is signed out */
async function ask(url, method, body, extra = {}) {
  const headers = { "X-CSRFToken": token(), "X-Part": "desk" };
  const answer = await fetch(url, { method, body, headers, cache: "no-store", ...extra }).catch(() => null);
  if (!answer) return { status: 0, body: { message: "there is no connection." } };
  if (answer.redirected) return { status: 0, body: { message: "you are signed out. Sign in again in another tab." } };
  const isJson = answer.headers.get("Content-Type")?.startsWith("application/json");
  const said = isJson ? await answer.json().catch(() => null) : null;
  return { status: answer.status, body: said ?? { message: `the server could not do it (${answer.status}).` } };
}

/* One desk after the other */
function begin() {
  desk = place.querySelector("[data-desk]");
  form = place.querySelector("[data-form]");
  done = done.filter((each) => each.url);
  clearInterval(renewing);
  draft?.end();
  draft = null;
  current = null;
  if (!form) {
    place.querySelector("[data-end]")?.focus({ preventScroll: true });
    return;
  }
  place.dispatchEvent(new CustomEvent("desk:begin", { detail: form }));
  draft = new Draft({ desk, form, ask, read: () => readForm(form), onConflict: (body) => settle(body, () => draft.flush()) });
  const left = draft.left();
  if (left) fillForm(form, left);
  form.querySelectorAll("[data-chord]").forEach((chord) => (chord.textContent = isMac ? "⌘ ↵" : "Ctrl ↵"));
  showHelp(localStorage.getItem("review-help") !== "0");
  noteChosen();
  showMeans(form);
  const fields = shownFields().filter((field) => field.matches("fieldset")); // never where keys would be typed
  focusField(fields.find((field) => !isAnswered(field)) ?? fields[0], { quietly: true });
  if (!("saved" in desk.dataset)) {
    renewing = setInterval(renew, Math.min(300, Math.max(20, Number(desk.dataset.lease) * 20)) * 1000);
  }
  desk.querySelector(".rail-item[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
}

function swap(answer) {
  place.innerHTML = answer.desk;
  window.htmx?.process(place);
  history.replaceState(null, "", answer.url);
  window.scrollTo(0, 0);
  begin();
  if (answer.undo) done.push({ url: answer.undo });
  if (answer.said) toast(answer.said, "success", answer.undo);
  say([answer.said, place.querySelector(".desk__progress span")?.textContent, place.querySelector("[data-end] h2")?.textContent].filter(Boolean).join(" "));
}

async function act(work) {
  if (isBusy) return;
  isBusy = true;
  place.setAttribute("aria-busy", "true");
  try {
    await work();
  } finally {
    isBusy = false;
    place.removeAttribute("aria-busy");
  }
}

function refused({ status, body }) {
  if (status === 422 && body.errors) {
    const first = showErrors(form, body.errors);
    if (first) focusField(first);
    const n = Object.keys(body.errors).length;
    say(`Not saved: ${n} ${n === 1 ? "answer needs" : "answers need"} a change.`);
  } else {
    toast(`Not done: ${body.message}`, "error");
  }
}

const save = () =>
  act(async () => {
    if (!form || form.querySelector(".desk__save").disabled) return;
    await draft.settle();
    const answer = await ask(desk.dataset.saveUrl, "POST", JSON.stringify({ number: draft.number, draft: readForm(form) }));
    if (answer.status === 200) return draft.forget({ isSaved: true }), swap(answer.body);
    if (answer.status === 409 && answer.body.is_stale) return settle(answer.body, save);
    if (draft.isDirty) draft.changed();
    refused(answer);
  });

const skip = () =>
  act(async () => {
    if (!form?.querySelector("[data-skip]") || !(await draft.flush())) return;
    const answer = await ask(desk.dataset.skipUrl, "POST");
    if (answer.status === 200) swap(answer.body);
    else refused(answer);
  });

const open = (url, { keep = true } = {}) =>
  act(async () => {
    if (keep && draft && !(await draft.flush())) return;
    const answer = await ask(url, "GET");
    if (answer.status === 200 && answer.body.desk) draft?.forget(), swap(answer.body);
    else refused(answer);
  });

async function renew() {
  if (!desk.dataset.renewUrl) return; // labels of a run: no place is held
  const answer = await ask(desk.dataset.renewUrl, "POST");
  if (answer.status !== 409) return;
  clearInterval(renewing);
  form.querySelector("[data-lost]").hidden = false;
  say("Your place on this item has ended. What you type is kept.");
}

function undo() {
  const last = done.pop();
  if (!last) return say("There is nothing to undo.");
  document.querySelectorAll("#toasts .toast:not(.toast--error)").forEach((old) => old.remove());
  if (last.url) return open(last.url);
  return setFlag(last.flag, !isFlagged(last.flag), { isUndo: true });
}

/* Two places, one review: the person chooses */
function settle(body, again) {
  if (body.differences) fillLines(conflict, body.differences);
  else fillDifferences(conflict, form, readForm(form), body.draft ?? {});
  conflict.showModal();
  // Closed without a choice, it asks again at the next save.
  conflict.onclose = () => (draft.resume(), draft.changed());
  conflict.onclick = (event) => {
    const take = event.target.closest("[data-take]")?.dataset.take;
    if (!take) return;
    conflict.onclose = null;
    conflict.close();
    draft.number = body.number;
    if (take === "here") {
      draft.resume();
      again();
    } else {
      draft.forget();
      isBusy = false;
      open(desk.dataset.itemUrl, { keep: false });
    }
  };
}

/* The question one is on */
function focusField(field, { quietly = false } = {}) {
  if (!field) return;
  mark(field);
  if (field.tabIndex === -1 && field.matches("fieldset")) field.focus({ preventScroll: true });
  else field.querySelector("textarea")?.focus({ preventScroll: true });
  if (!quietly) field.scrollIntoView({ block: "nearest" });
}

function mark(field) {
  current?.classList.remove("is-current");
  current = field;
  current?.classList.add("is-current");
}

const shownFields = () => fieldsOf(form).filter((field) => field.checkVisibility());

function move(by) {
  const fields = shownFields();
  const next = fields[fields.indexOf(current) + by];
  if (next) focusField(next);
}

function beside(by) {
  const links = [...desk.querySelectorAll(".rail-item[data-open]")];
  const next = links[links.findIndex((link) => link.hasAttribute("aria-current")) + by];
  if (next) open(next.href);
  else say(by > 0 ? "This is the last item given to you: save it or skip it to go on." : "This is the first item given to you.");
}

/* Answers */
const isOptional = (field) => Boolean(field.querySelector("legend .field__optional"));
const isFlagged = (button) => button.getAttribute("aria-pressed") === "true";

function isAnswered(field) {
  if (field.querySelector("input:checked, [data-flag][aria-pressed=true]")) return true;
  return Boolean(field.querySelector("[data-value]")?.value.trim());
}

function choose(digit) {
  const target = current?.querySelector(`[data-digit="${digit}"]`);
  if (target?.matches("[data-flag]")) setFlag(target, !isFlagged(target));
  else if (target) target.click();
  return Boolean(target);
}

function setFlag(button, isOn, { isUndo = false } = {}) {
  if (!button) return;
  button.setAttribute("aria-pressed", String(isOn));
  if (!isUndo) done.push({ flag: button });
  say(`${button.closest("[data-field]").dataset.label}: ${isOn ? "flagged" : "no flag"}.`);
  changed(button);
}

const toggleFlag = (button) => button && setFlag(button, !isFlagged(button));

function openNote(field) {
  const note = field?.querySelector("[data-note]");
  if (!note) return form?.querySelector("[data-field=feedback] textarea")?.focus();
  note.hidden = false;
  field.querySelector("[data-note-open]").setAttribute("aria-expanded", "true");
  note.focus();
}

function changed(element) {
  const field = element.closest("[data-field]");
  const error = field?.querySelector("[data-error]");
  if (error) error.hidden = true;
  field?.removeAttribute("data-invalid");
  showMeans(form);
  draft?.changed();
}

// A radio that was chosen already is let go of when the question is optional.
function noteChosen() {
  form.querySelectorAll("input[type=radio]").forEach((radio) => (radio.dataset.was = radio.checked ? "1" : ""));
}

function showHelp(isShown) {
  form.classList.toggle("hides-help", !isShown);
  form.querySelector("[data-help-toggle]").textContent = isShown ? "Hide instructions" : "Show instructions";
}

/* Keys */
const isTyping = (element) =>
  element.isContentEditable || element.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])");

const KEYS = {
  s: () => skip(),
  f: () => toggleFlag(current?.querySelector("[data-flag]")),
  n: () => openNote(current),
  ArrowUp: () => move(-1),
  ArrowDown: () => move(1),
  ArrowLeft: () => beside(-1),
  ArrowRight: () => beside(1),
  PageUp: () => scrollMaterial(-0.85),
  PageDown: () => scrollMaterial(0.85),
};

function scrollMaterial(pages) {
  const material = desk.querySelector("[data-material]");
  const isOwn = material.scrollHeight > material.clientHeight + 1 && getComputedStyle(material).overflowY !== "visible";
  (isOwn ? material : window).scrollBy({ top: pages * (isOwn ? material.clientHeight : window.innerHeight) });
}

function press(event) {
  const { key, target } = event;
  if (key === "u") return undo(), true;
  if (!form || isBusy) return /^[0-9cdflmns]$/.test(key);
  if (/^[0-9]$/.test(key)) {
    const input = current?.querySelector("input[data-value]");
    if (!input) return choose(key);
    input.focus(); // the digit is typed there
    return false;
  }
  if (key === "Enter" && target.matches("fieldset")) {
    const input = target.querySelector("[data-value]");
    if (input) input.focus();
    else move(1);
    return true;
  }
  const isSideways = key === "ArrowLeft" || key === "ArrowRight";
  if (key.startsWith("Arrow") && (target.closest("[data-material]") || (isSideways && target.matches("input[type=radio]")))) return false;
  if (!KEYS[key]) return false;
  KEYS[key]();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]")) return;
  const isChord = event.key === "Enter" && (event.ctrlKey || event.metaKey);
  let isTaken = false;
  if (isChord) {
    save();
    isTaken = true;
  } else if (event.ctrlKey || event.metaKey || event.altKey || document.body.classList.contains("keys-waiting")) {
    return;
  } else if (isTyping(event.target)) {
    if (event.key !== "Escape" || !form?.contains(event.target)) return;
    focusField(event.target.closest("fieldset[data-field]") ?? shownFields().filter((field) => field.matches("fieldset")).at(-1));
    isTaken = true;
  } else if (event.repeat && !event.key.startsWith("Arrow") && !event.key.startsWith("Page")) {
    isTaken = Boolean(KEYS[event.key]);
  } else {
    isTaken = press(event);
  }
  if (!isTaken) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

/* Mouse and touch */
place.addEventListener("click", (event) => {
  const { target } = event;
  const link = target.closest("a[data-open]");
  if (link && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
    event.preventDefault();
    open(link.href);
  }
  if (target.closest("[data-to-answers]")) {
    event.preventDefault();
    form.querySelector("[data-field]").scrollIntoView({ block: "start" });
  }
  if (target.closest("[data-skip]")) skip();
  if (target.closest("[data-note-open]")) openNote(target.closest("[data-field]"));
  const flag = target.closest("[data-flag]");
  if (flag) setFlag(flag, !isFlagged(flag));
  if (target.closest("[data-drop]")) act(async () => { await draft.settle(); const answer = await ask(desk.dataset.draftUrl, "DELETE"); if (answer.status === 200) draft.forget(), swap(answer.body); else refused(answer); });
  const toggle = target.closest("[data-help-toggle]");
  if (toggle) {
    const isShown = form.classList.contains("hides-help");
    localStorage.setItem("review-help", isShown ? "1" : "0");
    showHelp(isShown);
  }
  if (target.matches("input[type=radio]")) {
    if (target.dataset.was && isOptional(target.closest("[data-field]"))) {
      target.checked = false;
      changed(target);
    }
    noteChosen();
  }
});
place.addEventListener("input", (event) => event.target.closest("[data-field]") && changed(event.target));
place.addEventListener("focusin", (event) => {
  const field = event.target.closest("[data-field]");
  if (field && field !== current) mark(field);
});
place.addEventListener("submit", (event) => {
  event.preventDefault();
  save();
});

document.querySelector("[data-decline]")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const asked = event.target;
  act(async () => {
    if (!form || !(await draft.flush())) return;
    const answer = await ask(desk.dataset.declineUrl, "POST", new FormData(asked));
    const fault = asked.querySelector("[data-decline-error]");
    fault.hidden = answer.status === 200;
    fault.textContent = answer.body.message ?? "";
    if (answer.status !== 200) return;
    asked.closest("dialog").close();
    asked.reset();
    swap(answer.body);
  });
});

document.addEventListener("click", (event) => {
  const button = event.target.closest(".toast [data-undo]");
  if (!button?.dataset.undo) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  undo();
}, true);

document.addEventListener("visibilitychange", () => {
  if (!draft) return;
  if (document.hidden) draft.flush();
  else if (!("saved" in desk.dataset)) renew();
});
window.addEventListener("pagehide", () => draft?.leave());
window.addEventListener("pageshow", (event) => event.persisted && form && open(desk.dataset.itemUrl, { keep: false }));
window.addEventListener("beforeunload", (event) => draft?.isFailing && event.preventDefault());

begin();
if (desk?.dataset.itemUrl) history.replaceState(null, "", desk.dataset.itemUrl);
