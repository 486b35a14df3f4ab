// Saves each answer by itself. Without this file, every item has a Save button that does the same.
//
// What was said waits in one queue, as it was said, and is sent in that order, one request at a time. When the
// connection, the portal or the session is gone, the queue waits; nothing is dropped and nothing overtakes. Words
// that were on their way when the connection broke are sent again as they were: the portal may have them already.
(() => {
  "use strict";
  const texts = document.getElementById("save-texts")?.dataset;
  if (!texts) return;
  const dialog = document.getElementById("sign-in-again");
  const signInLink = document.getElementById("sign-in-link").innerHTML;
  let queue = []; // {form, body, wasSent}: what the portal does not have yet, the oldest first
  const unsaved = new Set(); // forms with words that the portal does not have: typed, queued, under way, refused
  let underWay = null; // the form whose words are being sent
  let waiting = null; // {timer, why, forSignIn} while the next try has to wait

  const jumpTo = (form) => document.querySelector(`.item-jump[href="#${form.parentElement.id}"]`);

  const show = (form, state, text) => {
    const badge = form.querySelector(".save-state");
    badge.dataset.state = state;
    badge.textContent = text;
    const jump = jumpTo(form);
    jump?.classList.toggle("is-unsaved", state === "failed");
    if (state === "failed") jump?.scrollIntoView({ block: "nearest", inline: "nearest" }); // within the bar
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

  const paragraph = (text) => Object.assign(document.createElement("p"), { textContent: text });
  const note = (text) => text && Object.assign(paragraph(text), { className: "note note-error" }).outerHTML;

  // --- the queue ---------------------------------------------------------------------------------
  const isQueued = (form) => queue.some((said) => said.form === form);

  // Newer words take the place of those that wait, unless these were sent before or say something of their own.
  const isPlain = ({ body, wasSent }) => !wasSent && !body.get("still_true");

  const sayLater = (form, body) => {
    const last = queue.findLast((said) => said.form === form);
    if (last && isPlain(last) && isPlain({ body })) last.body = body;
    else queue.push({ form, body });
    unsaved.add(form);
    if (waiting) show(form, "failed", waiting.why);
    flush();
  };

  const changed = (form) => {
    clearTimeout(form.pause);
    delete form.pause;
    unsaved.add(form);
    if (lacksReason(form)) show(form, "failed", texts.reason);
    else sayLater(form, new FormData(form));
  };

  const flush = async () => {
    if (underWay || waiting) return;
    while (queue.length) {
      const said = queue.shift();
      underWay = said.form;
      show(underWay, "saving", texts.saving);
      const mayArrive = navigator.onLine;
      const pause = await attempt(said).catch(() => ({ why: texts.offline, wasSent: mayArrive }));
      underWay = null;
      if (pause) return waitFor(said, pause);
    }
  };

  const waitFor = (said, { why, seconds, forSignIn, wasSent }) => {
    said.wasSent ||= wasSent;
    const newer = queue.find(({ form }) => form === said.form);
    if (newer && isPlain(newer) && isPlain(said)) {
      said.body = newer.body;
      queue = queue.filter((each) => each !== newer);
    }
    queue.unshift(said);
    queue.forEach(({ form }) => show(form, "failed", why));
    waiting = { timer: setTimeout(tryAgain, 1000 * (Number(seconds) || 5)), why, forSignIn };
    if (!forSignIn) return;
    say(said.form, signInLink);
    if (!dialog.open && !dialog.dataset.dismissed) dialog.showModal();
  };

  const tryAgain = () => {
    clearTimeout(waiting?.timer);
    waiting = null;
    flush();
  };

  // --- one attempt ---------------------------------------------------------------------------------
  const send = ({ form, body }) =>
    fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "manual" });

  const freshPage = async () => {
    const page = await fetch(location.href, { redirect: "manual" });
    return page.ok ? new DOMParser().parseFromString(await page.text(), "text/html") : page;
  };

  // Who signed in again has a new token: this page as it is now holds it, and says who it is.
  const sendWithFreshToken = async (said) => {
    const fresh = await freshPage();
    if (!(fresh instanceof Document)) return fresh;
    if (fresh.getElementById("save-texts")?.dataset.person !== texts.person) return { type: "somebody else" };
    const token = fresh.querySelector("[name=csrfmiddlewaretoken]").value;
    document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((field) => (field.value = token));
    said.body.set("csrfmiddlewaretoken", token);
    return send(said);
  };

  const isSignedOut = (response) => response.type === "opaqueredirect";

  // Nothing to wait for, or why and how long: what passes by itself is tried again.
  const attempt = async (said) => {
    for (const name of ["csrfmiddlewaretoken", ...(said.wasSent ? [] : ["version"])])
      said.body.set(name, said.form.elements[name].value); // of now; words that were sent keep their version
    let response = await send(said);
    if (isSignedOut(response) || response.status === 403) response = await sendWithFreshToken(said);
    if (isSignedOut(response)) return { why: texts.signin, seconds: 10, forSignIn: true };
    if (response.type === "somebody else") return { why: texts.somebody, seconds: 10 };
    delete dialog.dataset.dismissed;
    if (dialog.open) dialog.close();
    if ([429, 502, 503, 504].includes(response.status))
      return { why: texts.busy, seconds: response.headers.get("Retry-After"), wasSent: true };
    const isJson = response.headers.get("Content-Type")?.includes("json");
    const answer = isJson ? await response.json() : {};
    if (response.ok && isJson) saved(said, answer);
    else refused(said, answer);
  };

  const saved = ({ form, body }, { outcome, version, saved_at, carried }) => {
    form.parentElement.querySelectorAll("[name=version]").forEach((field) => (field.value = version));
    say(form, "");
    mark(form, body.get("choice") !== "open");
    if (carried) renewDocuments(form.parentElement.id);
    if (isQueued(form) || form.pause) return;
    unsaved.delete(form);
    show(form, outcome === "nothing" ? "none" : "saved", texts[outcome].replace("{moment}", saved_at));
  };

  const refused = ({ form }, { html, detail }) => {
    say(form, html ?? note(detail ?? ""));
    show(form, "failed", html ? texts.failed : texts.refused);
  };

  // --- what the page shows of it ---------------------------------------------------------------------
  const isOpen = (form) => form.elements.choice.value === "open";
  const lacksReason = (form) => form.elements.choice.value === "na" && !form.elements.na_reason.value.trim();

  const mark = (form, isAnswered) => {
    const card = form.parentElement;
    jumpTo(form)?.classList.toggle("is-answered", isAnswered);
    card.classList.toggle("is-confirmed", isAnswered);
    const count = document.getElementById("settled");
    if (count) count.textContent = document.querySelectorAll(".item-jump.is-answered").length;
    leadOn();
  };

  // The way to the next open item: here, else in another dimension; where there is none, to the review.
  const nextOpen = document.querySelector("[data-next-open]");
  const allAnswered = document.querySelector("[data-all-answered]");

  const leadOn = () => {
    const here = document.querySelector(".item-jump:not(.is-answered)");
    const address = here?.getAttribute("href") ?? nextOpen.dataset.elsewhere;
    nextOpen.setAttribute("href", address);
    nextOpen.parentElement.hidden = !address;
    allAnswered.parentElement.hidden = Boolean(address);
  };

  // Documents that came along with a confirmed answer: from the page as it is now, unless one is being added.
  const renewDocuments = async (item) => {
    const [here, fresh] = [document.getElementById(`documents-${item}`), await freshPage().catch(() => null)];
    const there = fresh instanceof Document && fresh.getElementById(`documents-${item}`);
    const isTouched = ({ value, defaultValue, checked, defaultChecked }) =>
      value !== defaultValue || checked !== defaultChecked;
    if (here && there && ![...here.querySelectorAll("input")].some(isTouched)) here.replaceWith(there);
  };

  const answers = [...document.querySelectorAll("form[data-answer]")];
  for (const form of answers) {
    form.addEventListener("change", () => changed(form));
    form.addEventListener("input", (event) => {
      if (event.target.tagName !== "TEXTAREA") return;
      unsaved.add(form);
      clearTimeout(form.pause);
      if (underWay === form) return changed(form); // goes right after the answer to what was sent
      form.pause = setTimeout(() => changed(form), 1500);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      changed(form);
    });
  }

  // Still true: the last cycle's words are said again; they show at once and wait behind what was typed before.
  for (const last of document.querySelectorAll("form[data-still-true]")) {
    last.addEventListener("submit", (event) => {
      event.preventDefault();
      const form = last.closest(".item-card").querySelector("form[data-answer]");
      const comment = form.elements.comment.value.trim();
      if (comment && comment !== last.elements.comment.value.trim() && !confirm(texts.replace)) return;
      if (form.pause) changed(form);
      for (const name of ["choice", "comment", "na_reason"])
        if (form.elements[name]) form.elements[name].value = last.elements[name].value;
      const body = new FormData(form);
      body.set("still_true", "on");
      sayLater(form, body);
    });
  }

  // The next item without an answer, seen from where the person last was: the link, or Alt+N.
  let lastCard = null;
  addEventListener("focusin", (event) => (lastCard = event.target.closest(".item-card") ?? lastCard));
  nextOpen?.addEventListener("click", (event) => {
    const from = answers.findIndex((form) => form.parentElement === lastCard) + 1;
    const next = [...answers.slice(from), ...answers.slice(0, from)].find(isOpen);
    if (!next) return; // the link leads on
    event.preventDefault();
    next.parentElement.scrollIntoView({ block: "start" });
    next.querySelector("input[type=radio]").focus({ preventScroll: true });
  });
  addEventListener("keydown", (event) => {
    if (!nextOpen || !event.altKey || event.code !== "KeyN") return;
    event.preventDefault();
    (nextOpen.parentElement.hidden ? allAnswered : nextOpen).click();
  });

  // --- signing in again, in place ----------------------------------------------------------------------
  const signIn = dialog.querySelector("form");
  dialog.addEventListener("close", () => {
    if (waiting?.forSignIn) dialog.dataset.dismissed = "1";
  });
  dialog.querySelector("[data-dismiss]").addEventListener("click", () => dialog.close());
  signIn.addEventListener("submit", async (event) => {
    event.preventDefault();
    const problem = dialog.querySelector("[role=alert]");
    const complain = (...sentences) => problem.replaceChildren(...sentences.map(paragraph));
    complain();
    try {
      const page = await (await fetch(signIn.action)).text();
      const fresh = new DOMParser().parseFromString(page, "text/html");
      const body = new FormData(signIn);
      body.set("csrfmiddlewaretoken", fresh.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "");
      const headers = { "X-Requested-With": "XMLHttpRequest" };
      const response = await fetch(signIn.action, { method: "POST", body, headers });
      const { form } = response.headers.get("Content-Type")?.includes("json") ? await response.json() : {};
      if (response.ok) return tryAgain(signIn.reset());
      const errors = Object.values(form?.fields ?? {}).flatMap((field) => field.errors).concat(form?.errors ?? []);
      complain(...(errors.length ? errors : [texts.notSignedIn]));
    } catch {
      complain(texts.notSignedIn);
    }
  });

  // back online, or back from the tab where one signed in: no need to wait for the next try
  addEventListener("online", () => waiting && tryAgain());
  addEventListener("focus", () => waiting?.forSignIn && tryAgain());
  addEventListener("beforeunload", (event) => {
    if (unsaved.size) event.preventDefault();
  });
})();
