// The list of a dataset's items: a share link's item comes into view as the row one is on.

const shared = document.querySelector("[data-items] tr.is-shared");
shared?.classList.add("is-current");
shared?.setAttribute("aria-current", "true");
shared?.scrollIntoView({ block: "center" });
