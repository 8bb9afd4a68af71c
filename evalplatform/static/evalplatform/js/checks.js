// The editor of checks: add, order and delete; the operator's help stands beside each. Without script the numbers
// ("Place") and the box "Delete" do the same.

const root = document.querySelector("[data-checks]");
const listed = root?.querySelector("[data-checks-list]");
const total = root?.querySelector("input[name$=TOTAL_FORMS]");

const shown = () => [...listed.querySelectorAll("[data-check]")].filter((check) => !check.hidden);

function number() {
  shown().forEach((check, n) => {
    check.querySelector("input[name$=-ORDER]").value = n + 1;
    check.querySelector("legend").textContent = `Check ${n + 1}`;
  });
}

function explain(check) {
  const slug = check.querySelector("select[name$=-operator]").value;
  const help = slug && root.querySelector(`template[data-help-of="${CSS.escape(slug)}"]`);
  check.querySelector("[data-criteria]").hidden = Boolean(help && help.hasAttribute("data-is-unary"));
  if (help) check.querySelector("[data-operator-help]").replaceChildren(help.content.cloneNode(true));
  check.querySelector("input[name$=-category]").placeholder = help ? help.dataset.category : "";
}

function condition(check) {
  const slug = check.querySelector("select[name$=-conditional_operator]").value;
  const help = slug && root.querySelector(`template[data-help-of="${CSS.escape(slug)}"]`);
  const field = check.querySelector("textarea[name$=-conditional_criteria]").closest(".field");
  field.hidden = !slug || Boolean(help && help.hasAttribute("data-is-unary"));
}

function prepare(check) {
  check.querySelector("[data-place]").hidden = true;
  check.querySelector("[data-add-example]").hidden = false;
  explain(check);
  condition(check);
}

function add() {
  const n = Number(total.value);
  const shape = root.querySelector("template[data-check-shape]");
  const holder = document.createElement("div");
  holder.innerHTML = shape.innerHTML.replaceAll("__prefix__", n);
  const check = holder.firstElementChild;
  listed.append(check);
  total.value = n + 1;
  prepare(check);
  number();
  check.querySelector("select").focus();
}

function addExample(check) {
  const examples = check.querySelector("[data-examples]");
  const one = examples.lastElementChild.cloneNode(true);
  one.querySelector("textarea").value = "";
  examples.append(one);
  one.querySelector("textarea").focus();
}

function remove(check) {
  check.querySelector("input[name$=-DELETE]").checked = true;
  check.hidden = true;
  number();
  (shown()[0]?.querySelector("select") ?? root.querySelector("[data-add-check]")).focus();
}

function shift(check, step) {
  const checks = shown();
  const other = checks[checks.indexOf(check) + step];
  if (!other) return;
  if (step < 0) other.before(check);
  else other.after(check);
  number();
}

if (root) {
  root.querySelector("[data-add-check]").hidden = false;
  for (const check of listed.children) prepare(check);
  root.addEventListener("change", (event) => {
    const check = event.target.closest("[data-check]");
    if (event.target.name?.endsWith("-conditional_operator")) condition(check);
    else if (event.target.name?.endsWith("-operator")) explain(check);
  });
  root.addEventListener("click", (event) => {
    const check = event.target.closest("[data-check]");
    if (event.target.closest("[data-add-check]")) add();
    else if (event.target.closest("[data-add-example]")) addExample(check);
    else if (event.target.closest("[data-check-remove]")) remove(check);
    else if (event.target.closest("[data-check-up]")) shift(check, -1);
    else if (event.target.closest("[data-check-down]")) shift(check, 1);
    else return;
    event.preventDefault();
  });
}
