// Native dialogs: [data-dialog="id"] opens, [data-close] and a click on the veil close,
// dialog[data-open] that htmx brought opens by itself, HX-Trigger "dialog:close" closes.

function openArrived(root) {
  const arrived = root.matches?.("dialog[data-open]") ? [root] : root.querySelectorAll?.("dialog[data-open]") ?? [];
  for (const dialog of arrived) {
    dialog.removeAttribute("data-open");
    if (!dialog.open) dialog.showModal();
  }
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.dialog);
    if (dialog) {
      event.preventDefault();
      dialog.showModal();
    }
    return;
  }
  const dialog = event.target.closest("dialog");
  if (dialog && (event.target.closest("[data-close]") || event.target === dialog)) dialog.close();
});

document.addEventListener("dialog:close", () => {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
});
document.addEventListener("htmx:load", (event) => openArrived(event.target));
openArrived(document);
