// Forms: the first field with an error gets the focus, else the first of a [data-focus-first] form, and
// [data-submit-on-change] sends itself.
// A form sent once is not sent twice by an impatient click.

const firstField = "[data-focus-first] input:not([type=hidden])";
(document.querySelector("[aria-invalid=true]") ?? document.querySelector(firstField))?.focus();

document.addEventListener("change", (event) => {
  event.target.closest("[data-submit-on-change]")?.form?.requestSubmit();
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.matches("[hx-post], [data-repeatable]")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "true";
});

window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
