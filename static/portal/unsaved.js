// Asks before words that were not sent are left behind: for another language, by a link, by closing the window.
// Without this file a sentence above the form warns of it.
// Answers of a sheet save themselves, and ask for themselves (answers.js); so does the dialog of signing in again.
(() => {
  "use strict";
  const WATCHED = "main form[method=post]:not([data-answer], [data-still-true], dialog form)";
  const SAID = "textarea, select, input:not([name=csrfmiddlewaretoken], [name=version])";
  let sent = new WeakSet();

  const isChosenAnew = ({ multiple, options, selectedIndex }) =>
    multiple || [...options].some((option) => option.defaultSelected)
      ? [...options].some((option) => option.selected !== option.defaultSelected)
      : selectedIndex > 0;
  const isChanged = (field) =>
    field.options
      ? isChosenAnew(field)
      : field.value !== field.defaultValue || field.checked !== field.defaultChecked;
  // a form that was refused is shown at the address to which it was sent
  const isRefused = (form) =>
    document.querySelector("main[data-unsaved]") &&
    new URL(form.getAttribute("action") ?? "", location.href).pathname === location.pathname;
  const wouldBeLost = (form) => {
    const fields = [...form.querySelectorAll(SAID)];
    return !sent.has(form) && fields.length && (isRefused(form) || fields.some(isChanged));
  };
  const isToAsk = () => [...document.querySelectorAll(WATCHED)].some(wouldBeLost);
  const ask = (event) => isToAsk() && event.preventDefault();
  // only while there is something to lose: a page that asks is not kept for the way back
  const look = () => (isToAsk() ? addEventListener : removeEventListener)("beforeunload", ask);

  document.querySelectorAll("[data-not-asked]").forEach((warning) => warning.remove());
  document.addEventListener("input", ({ target }) => {
    sent.delete(target.form);
    look();
  });
  document.addEventListener("submit", ({ target }) => {
    sent.add(target);
    look();
  });
  look();
  // browsers fill forms in again: when a page is loaded anew, and on the way back to it
  addEventListener("pageshow", () => {
    sent = new WeakSet();
    look();
  });
})();
