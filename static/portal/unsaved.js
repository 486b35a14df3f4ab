// Asks before words that were not sent are left behind: for another language, by a link, by closing the window.
// Without this file a sentence above the form warns of it.
// Answers of a sheet save themselves, and ask for themselves (answers.js).
(() => {
  "use strict";
  const unsaved = new Set();
  const ask = (event) => event.preventDefault();
  // only while there is something to lose: a page that asks is not kept for the way back
  const listen = () => (unsaved.size ? addEventListener : removeEventListener)("beforeunload", ask);
  document.querySelectorAll("[data-not-asked]").forEach((warning) => warning.remove());
  for (const form of document.querySelectorAll("main form[method=post]:not([data-answer], [data-still-true])")) {
    if ("unsaved" in form.dataset) unsaved.add(form); // sent and refused
    form.addEventListener("input", () => { unsaved.add(form); listen(); });
    form.addEventListener("submit", () => { unsaved.delete(form); listen(); });
  }
  listen();
})();
