// Saves each answer by itself. Without this file, every item has a Save button that does the same.
(() => {
  "use strict";
  const texts = document.getElementById("save-texts")?.dataset;
  if (!texts) return;
  const unsaved = new Set();

  const show = (form, state, text) => {
    const badge = form.querySelector(".save-state");
    badge.dataset.state = state;
    badge.textContent = text;
  };

  const say = (form, html) => {
    const place = form.parentElement.querySelector(".item-messages");
    place.innerHTML = html; // our own server's escaped template
    place.querySelector("form")?.addEventListener("submit", () => unsaved.delete(form));
    place.querySelector("[data-keep-theirs]")?.addEventListener("click", () => {
      unsaved.delete(form);
      setTimeout(() => location.reload());
    });
  };

  // One request per item at a time: a change during a request is sent after its answer.
  const save = async (form) => {
    unsaved.add(form);
    if (form.dataset.busy) {
      form.dataset.again = "1";
      return;
    }
    form.dataset.busy = "1";
    delete form.dataset.again;
    clearTimeout(form.retry);
    show(form, "saving", texts.saving);
    try {
      const response = await fetch(form.action, {
        method: "POST",
        body: new FormData(form),
        headers: { Accept: "application/json" },
        redirect: "manual",
      });
      await take(form, response);
    } catch {
      show(form, "failed", `${texts.failed}. ${texts.offline}`);
      form.retry = setTimeout(() => save(form), 5000);
    } finally {
      delete form.dataset.busy;
    }
    if (form.dataset.again) save(form);
  };

  const take = async (form, response) => {
    const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
    if (response.ok && isJson) {
      const saved = await response.json();
      form.elements.version.value = saved.version;
      if (!form.dataset.again) unsaved.delete(form);
      say(form, "");
      show(form, "saved", `${texts.saved} ${saved.saved_at}`);
      const jump = document.querySelector(`.item-jump[href="#${form.parentElement.id}"]`);
      jump?.classList.toggle("is-answered", form.elements.choice.value !== "open");
    } else if (isJson) {
      show(form, "failed", texts.failed);
      say(form, (await response.json()).html);
    } else if (response.type === "opaqueredirect" || response.status === 403) {
      show(form, "failed", `${texts.failed}. ${texts.signin}`);
    } else {
      throw new Error(`answered ${response.status}`);
    }
  };

  for (const form of document.querySelectorAll("form[data-answer]")) {
    let pause;
    form.addEventListener("change", () => save(form));
    form.addEventListener("input", (event) => {
      if (event.target.tagName !== "TEXTAREA") return;
      unsaved.add(form);
      clearTimeout(pause);
      pause = setTimeout(() => save(form), 1500);
    });
    form.addEventListener("submit", (event) => {
      if (event.target !== form) return;
      event.preventDefault();
      clearTimeout(pause);
      save(form);
    });
  }

  addEventListener("online", () => unsaved.forEach(save));
  addEventListener("beforeunload", (event) => {
    if (unsaved.size) event.preventDefault();
  });
})();
