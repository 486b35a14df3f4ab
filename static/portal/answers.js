// Saves each answer by itself. Without this file, every item has a Save button that does the same.
(() => {
  "use strict";
  const texts = document.getElementById("save-texts")?.dataset;
  if (!texts) return;
  const signInAgain = document.getElementById("sign-in-again").innerHTML;
  const unsaved = new Set();
  const signedOut = new Set(); // those of them that wait until one has signed in again

  const show = (form, state, text) => {
    const badge = form.querySelector(".save-state");
    badge.dataset.state = state;
    badge.textContent = text;
  };

  const say = (form, html) => {
    const place = form.parentElement.querySelector(".item-messages");
    if (place.innerHTML === html) return; // said already: no second announcement
    place.innerHTML = html; // our own server's escaped template
    place.querySelector("form")?.addEventListener("submit", () => unsaved.delete(form));
    place.querySelector("[data-keep-theirs]")?.addEventListener("click", () => {
      unsaved.delete(form);
      setTimeout(() => location.reload());
    });
  };

  const send = (form) =>
    fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { Accept: "application/json" },
      redirect: "manual",
    });

  // Who signed in again, in another tab, has a new token: this page as it is now holds it, and says who it is.
  const sendWithFreshToken = async (form) => {
    const page = await fetch(location.href, { redirect: "manual" });
    if (!page.ok) return page;
    const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
    if (fresh.getElementById("save-texts")?.dataset.person !== texts.person) return { type: "somebody else" };
    const token = fresh.querySelector("[name=csrfmiddlewaretoken]").value;
    document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((field) => (field.value = token));
    return send(form);
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
    if (!form.retry) show(form, "saving", texts.saving);
    clearTimeout(form.retry);
    delete form.retry;
    signedOut.delete(form);
    try {
      let response = await send(form);
      if (isSignedOut(response) || response.status === 403) response = await sendWithFreshToken(form);
      await take(form, response);
    } catch {
      saveLater(form, texts.offline);
    } finally {
      delete form.dataset.busy;
    }
    if (form.dataset.again) changed(form);
  };

  // What is written while the next try waits for its time goes with that try.
  const changed = (form) => form.retry || save(form);

  const isSignedOut = (response) => response.type === "opaqueredirect";

  // What passes by itself is tried again; whatever else is refused waits for the person.
  const take = async (form, response) => {
    if (isSignedOut(response) || response.type === "somebody else") {
      say(form, signInAgain);
      signedOut.add(form);
      saveLater(form, isSignedOut(response) ? texts.signin : texts.somebody, 10);
    } else if ([429, 502, 503, 504].includes(response.status)) {
      saveLater(form, texts.busy, response.headers.get("Retry-After"));
    } else {
      const isJson = response.headers.get("Content-Type")?.includes("json");
      const answer = isJson ? await response.json() : {};
      if (response.ok && isJson) saved(form, answer);
      else refused(form, answer);
    }
  };

  const saveLater = (form, why, seconds) => {
    show(form, "failed", `${texts.failed}. ${why}`);
    form.retry = setTimeout(() => save(form), 1000 * (Number(seconds) || 5));
  };

  const saved = (form, { version, saved_at }) => {
    form.elements.version.value = version;
    say(form, "");
    if (!form.dataset.again) {
      unsaved.delete(form);
      show(form, "saved", `${texts.saved} ${saved_at}`);
    }
    const jump = document.querySelector(`.item-jump[href="#${form.parentElement.id}"]`);
    jump?.classList.toggle("is-answered", form.elements.choice.value !== "open");
  };

  const refused = (form, { html, detail }) => {
    say(form, html ?? "");
    show(form, "failed", html ? texts.failed : `${texts.failed}. ${detail ?? ""} ${texts.refused}`);
  };

  for (const form of document.querySelectorAll("form[data-answer]")) {
    let pause;
    form.addEventListener("change", () => changed(form));
    form.addEventListener("input", (event) => {
      if (event.target.tagName !== "TEXTAREA") return;
      unsaved.add(form);
      clearTimeout(pause);
      if (form.dataset.busy) form.dataset.again = "1";
      else pause = setTimeout(() => changed(form), 1500);
    });
    form.addEventListener("submit", (event) => {
      if (event.target !== form) return;
      event.preventDefault();
      clearTimeout(pause);
      save(form);
    });
  }

  // back online, or back from the tab where one signed in: no need to wait for the next try
  addEventListener("online", () => unsaved.forEach((form) => form.retry && save(form)));
  addEventListener("focus", () => signedOut.forEach((form) => save(form)));
  addEventListener("beforeunload", (event) => {
    if (unsaved.size) event.preventDefault();
  });
})();
