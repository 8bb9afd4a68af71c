// Sections, criteria and options as fields: made from a rubric's shape, and read back as one.

const SHAPES = Object.fromEntries([...document.querySelectorAll("template[data-shape]")].map((each) => [each.dataset.shape, each.content.firstElementChild]));
const WITH_OPTIONS = ["choice", "multi_choice"];
const WITH_BOUNDS = ["rating", "number"];
const LISTS = { section: "[data-sections]", criterion: "[data-criteria]", option: "[data-options]" };
let made = 0;

export const listIn = (place, name) => place.querySelector(LISTS[name]);
export const partsIn = (list) => [...(list?.children ?? [])];
export const input = (part, name) => part.querySelector(`[data-name="${name}"]`);

// Names stand with their part: a section's own fields come before those of its criteria.
const textOf = (part, name) => input(part, name).value;
const list = (held) => (Array.isArray(held) ? held : []);
const text = (held) => (typeof held === "string" ? held : "");
const written = (number) => (number === null || number === undefined ? "" : String(number));

export const blank = {
  section: () => ({ criteria: [blank.criterion()] }),
  criterion: () => ({ kind: "pass_fail", required: true }),
  option: () => ({}),
};

function begin(name, held) {
  const part = SHAPES[name].cloneNode(true);
  for (const error of part.querySelectorAll("[data-error]")) error.id = `fault-${(made += 1)}`;
  for (const field of ["label", "key", "instructions", "value", "description"]) {
    if (input(part, field)) input(part, field).value = text(held?.[field]);
  }
  return part;
}

// A key or value that is there stays; one that is not is made from the label until somebody writes it.
const makeItself = (field) => field.value || (field.dataset.makesItself = "1");

export function makeOption(held) {
  const part = begin("option", held);
  makeItself(input(part, "value"));
  return part;
}

export function makeCriterion(held) {
  const part = begin("criterion", held);
  input(part, "kind").value = held?.kind;
  if (!input(part, "kind").value) input(part, "kind").value = "text";
  input(part, "required").checked = held?.required ?? true;
  for (const name of ["min", "max", "step"]) input(part, name).value = written(held?.[name]);
  listIn(part, "option").append(...list(held?.options).map(makeOption));
  makeItself(input(part, "key"));
  showKind(part);
  return part;
}

export function makeSection(held) {
  const part = begin("section", held);
  listIn(part, "criterion").append(...list(held?.criteria).map(makeCriterion));
  makeItself(input(part, "key"));
  return part;
}

export const make = { section: makeSection, criterion: makeCriterion, option: makeOption };

// Shows what a kind needs, and begins with something that can be asked.
export function showKind(part) {
  const kind = textOf(part, "kind");
  for (const place of part.querySelectorAll("[data-for]")) place.hidden = !place.dataset.for.split(" ").includes(kind);
  part.querySelector("[data-kind-says]").textContent = input(part, "kind").selectedOptions[0].dataset.says;
  const options = listIn(part, "option");
  if (WITH_OPTIONS.includes(kind)) while (options.children.length < 2) options.append(makeOption(blank.option()));
  const [low, high] = [input(part, "min"), input(part, "max")];
  if (kind === "rating" && !low.value && !high.value) [low.value, high.value] = ["1", "5"];
}

/* Reading */
function number(typed) {
  const said = typed.trim().replace(",", ".");
  if (!said) return null;
  return Number.isFinite(Number(said)) ? Number(said) : typed; // the server says what is wrong with it
}

const optionOf = (part) => ({ value: textOf(part, "value"), label: textOf(part, "label"), description: textOf(part, "description") });

export function criterionOf(part) {
  const kind = textOf(part, "kind");
  const said = { key: textOf(part, "key"), label: textOf(part, "label"), kind, instructions: textOf(part, "instructions"), required: input(part, "required").checked };
  if (WITH_OPTIONS.includes(kind)) said.options = partsIn(listIn(part, "option")).map(optionOf);
  if (WITH_BOUNDS.includes(kind)) Object.assign(said, { min: number(textOf(part, "min")), max: number(textOf(part, "max")) });
  const step = number(textOf(part, "step"));
  if (kind === "number" && step !== null) said.step = step;
  return said;
}

export const sectionOf = (part) => ({
  key: textOf(part, "key"),
  label: textOf(part, "label"),
  instructions: textOf(part, "instructions"),
  criteria: partsIn(listIn(part, "criterion")).map(criterionOf),
});

export const read = { section: sectionOf, criterion: criterionOf, option: optionOf };

/* Keys and titles */
const slug = (said) => said.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "").slice(0, 48);

export function makeName(part, others) {
  const field = input(part, part.dataset.part === "option" ? "value" : "key");
  if (!field.dataset.makesItself) return;
  const label = textOf(part, "label");
  const base = (/^[a-z]/.test(slug(label)) || part.dataset.part === "option" ? slug(label) : "") || (label ? part.dataset.part : "");
  const taken = new Set(others.filter((other) => other !== part).map((other) => input(other, field.dataset.name).value));
  let name = base;
  for (let n = 2; name && taken.has(name); n += 1) name = `${base}_${n}`;
  field.value = name;
}

const range = (part) => [textOf(part, "min") || "…", textOf(part, "max") || "…"].join("–");

export function retitle(part) {
  const words = { section: "Section", criterion: "Criterion", option: "Option" };
  const label = textOf(part, "label").trim() || (part.dataset.part === "option" && textOf(part, "value")) || "";
  const n = partsIn(part.parentElement).indexOf(part) + 1;
  const title = label || `${words[part.dataset.part]} ${n}`;
  const place = part.querySelector("[data-title]");
  if (place && part.dataset.part !== "option") place.textContent = label || `${title}, without a label`;
  if (part.dataset.part === "criterion") {
    const kind = input(part, "kind");
    const word = kind.selectedOptions[0]?.textContent ?? "";
    const more = { rating: range(part), choice: `of ${listIn(part, "option").children.length}`, multi_choice: `of ${listIn(part, "option").children.length}` };
    part.querySelector("[data-says]").textContent = [word, more[kind.value], input(part, "required").checked ? "" : "optional"].filter(Boolean).join(", ");
  }
  const tools = part.querySelector(part.dataset.part === "option" ? ".builder-tools" : ":scope > [class$=__head] .builder-tools");
  for (const button of tools.children) button.setAttribute("aria-label", `${button.dataset.word}: ${title}`);
  return title;
}
