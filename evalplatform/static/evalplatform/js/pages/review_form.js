// The form of a review read as a draft holds it, and what the server says of it shown at its place.

export const fieldsOf = (form) => [...form.querySelectorAll("[data-field]")];

const VALUES = {
  rating: (text) => Number(text),
  boolean: (text) => text === "true",
};

function valueOf(field) {
  const { kind } = field.dataset;
  const chosen = [...field.querySelectorAll("input:checked")].map((input) => input.value);
  if (kind === "multi_choice") return chosen.length ? chosen : null;
  if (kind === "text") return field.querySelector("[data-value]").value || null;
  if (kind === "number") {
    const text = field.querySelector("[data-value]").value.trim().replace(",", ".");
    if (!text) return null;
    return Number.isFinite(Number(text)) ? Number(text) : text;
  }
  return chosen.length ? (VALUES[kind]?.(chosen[0]) ?? chosen[0]) : null;
}

export function readForm(form) {
  const draft = { answers: {}, checks: {}, feedback: "" };
  for (const field of fieldsOf(form)) {
    const name = field.dataset.field;
    if (name === "feedback") {
      draft.feedback = field.querySelector("[data-value]").value;
      continue;
    }
    const answer = {
      value: valueOf(field),
      flagged: field.querySelector("[data-flag]")?.getAttribute("aria-pressed") === "true",
      note: field.querySelector("[data-note]")?.value ?? "",
    };
    if (answer.value === null && !answer.flagged && !answer.note) continue;
    if (name.startsWith("check-")) draft.checks[name.slice(6)] = answer;
    else draft.answers[name] = answer;
  }
  return draft;
}

// Puts an answer into a question as if it was chosen there.
export function setField(field, answer) {
  const value = answer?.value ?? null;
  const values = (Array.isArray(value) ? value : [value]).map((each) => (each === null ? "" : String(each)));
  for (const input of field.querySelectorAll("input[type=radio], input[type=checkbox]")) input.checked = values.includes(input.value);
  const typed = field.querySelector("[data-value]");
  if (typed) typed.value = values[0];
  field.querySelector("[data-flag]")?.setAttribute("aria-pressed", String(answer?.flagged === true));
  const note = field.querySelector("[data-note]");
  if (note && answer?.note !== undefined) {
    note.value = answer.note;
    note.hidden = !answer.note;
  }
}

// The whole form as a draft holds it.
export function fillForm(form, draft) {
  for (const field of fieldsOf(form)) {
    if (field.dataset.field === "feedback") field.querySelector("[data-value]").value = draft.feedback ?? "";
    else setField(field, named(draft, field.dataset.field) || null);
  }
}

// Shows each fault at its question, those of no question above all; returns the first question with one.
export function showErrors(form, errors) {
  let first = null;
  const known = new Set();
  for (const field of fieldsOf(form)) {
    const text = errors[field.dataset.field] ?? "";
    const place = field.querySelector("[data-error]");
    place.textContent = text;
    place.hidden = !text;
    field.toggleAttribute("data-invalid", Boolean(text));
    known.add(field.dataset.field);
    if (text) first ??= field;
  }
  const rest = Object.entries(errors).filter(([name]) => !known.has(name)).map(([, text]) => text);
  const whole = form.querySelector("[data-error-for=__all__]");
  whole.textContent = rest.join(" ");
  whole.hidden = !rest.length;
  return first;
}

// What the ratings of a section come to; the lowest step of one of them is a hard fail.
export function showMeans(form) {
  for (const place of form.querySelectorAll("[data-mean]")) {
    const ratings = [...place.closest(".rubric-section").querySelectorAll("[data-kind=rating]")];
    const chosen = ratings.map((field) => field.querySelector("input:checked")).filter(Boolean);
    const mean = chosen.reduce((sum, input) => sum + Number(input.value), 0) / chosen.length;
    const isHardFail = chosen.some((input) => input === input.closest("[data-field]").querySelector("input"));
    place.hidden = !chosen.length;
    place.textContent = `Mean ${mean.toFixed(1)}, ${chosen.length} of ${ratings.length} scored.${isHardFail ? " Hard fail: a dimension is very weak." : ""}`;
    place.toggleAttribute("data-hard-fail", isHardFail);
  }
}

function told(answer) {
  if (!answer) return "–";
  if (typeof answer === "string") return answer || "–";
  const value = Array.isArray(answer.value) ? answer.value.join(", ") : answer.value;
  return [value === null || value === undefined ? "" : String(value), answer.flagged ? "flagged" : "", answer.note].filter(Boolean).join(" · ") || "–";
}

const named = (draft, name) => {
  if (name === "feedback") return draft.feedback ?? "";
  return name.startsWith("check-") ? draft.checks?.[name.slice(6)] : draft.answers?.[name];
};

// One line for each question that says something else in the two versions.
export function fillDifferences(dialog, form, here, there) {
  const lines = fieldsOf(form).map((field) => [field.dataset.label ?? "Anything else", ...[here, there].map((draft) => told(named(draft, field.dataset.field)))]);
  fillLines(dialog, lines.filter(([, mine, theirs]) => mine !== theirs));
}

// Lines of [question, one version, the other].
export function fillLines(dialog, lines) {
  const body = dialog.querySelector("[data-differences]");
  body.replaceChildren();
  for (const line of lines) {
    const row = body.insertRow();
    for (const text of line) {
      const cell = row.insertCell();
      cell.textContent = text || "–";
      cell.className = "preline";
    }
  }
}
