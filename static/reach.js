// What is shown while something takes long, fails, or cannot be reached at all: the person's own instance, not the relay.
// A toast says what is the matter and what to do, with a button where trying again helps. Nothing that was typed is touched.
"use strict";
(() => {
  const on = (event, act, ...how) => document.addEventListener(event, act, ...how);
  const one = (selector, root = document) => root.querySelector(selector);

  // Failures of htmx's requests. What nobody pressed fails silently: it is asked again with the next look.
  const WORDS = {
    401: "You are signed out. Reload the page to sign in.",
    403: "This page is older than your sign-in. Reload it.",
    404: "This is gone: deleted, or its owner took the share back. Reload the page.",
    409: "Somebody was quicker. Reload the page to see it.",
    413: "That is too large.",
    429: "Too often. Wait a minute, then try again.",
    500: "Your instance had an error; its log says which. Look whether it was done before you try again.",
    503: "Not saved: the database is busy, or its disk is full. Nothing was changed.",
  };
  const AWAY = "Your instance cannot be reached. What you typed is still here.";
  const RELOADS = new Set([401, 403, 404, 409]);
  const BY_ITSELF = new Set(["load", "revealed", "intersect"]);
  const again = (source, event) => source.matches("form") ? source.requestSubmit() : htmx.trigger(source, event?.type || "click");
  const tell = (message, words, act) => {
    one("#toasts .toast[data-failure]")?.remove();  // the newest failure is enough
    document.dispatchEvent(new CustomEvent("toast", { detail: { message, level: "error" } }));
    const button = Object.assign(document.createElement("button"), { type: "button", className: "btn small", textContent: words });
    const toast = one("#toasts").lastElementChild;
    button.addEventListener("click", () => { toast.remove(); act(); });
    toast.dataset.failure = "";
    toast.lastElementChild.before(button);
  };
  const failed = (message, { elt, requestConfig }, status = 0) => {
    const event = requestConfig?.triggeringEvent;
    if (BY_ITSELF.has(event?.type)) return;
    if (RELOADS.has(status)) tell(message, "Reload", () => location.reload());
    else tell(message, "Try again", () => again(elt, event));
  };
  on("htmx:responseError", ({ detail }) => {
    const { status } = detail.xhr;
    failed(WORDS[status] || WORDS[status >= 500 ? 500 : 0] || "That did not work. Nothing was changed.", detail, status);
  });
  ["htmx:sendError", "htmx:timeout"].forEach((event) => on(event, ({ detail }) => {
    failed(AWAY, detail);
    doubt();
  }));

  // Out of reach: a bar, for as long as it lasts. The socket's end, the device's word or a failed request raise the doubt; asking settles it.
  const PROBE = 2000, PATIENCE = 4000;
  let asking = 0;
  const answers = async () => {
    if (!navigator.onLine) return false;
    try { await fetch("/health", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) }); return true; } catch { return false; }
  };
  const show = (away) => {
    const bar = one("#reach");
    if (!bar || away === document.body.classList.contains("out-of-reach")) return;
    document.body.classList.toggle("out-of-reach", away);
    bar.textContent = away ? "Your instance cannot be reached. What you type stays here." : "";
    if (!away) dispatchEvent(new Event("online"));  // whoever waits to try again need not wait
  };
  const settle = async () => {
    const well = await answers();
    show(!well);
    asking = well ? 0 : setTimeout(settle, PROBE);
  };
  const doubt = () => { if (!asking) asking = setTimeout(settle, 1000); };  // a page that is being left is not out of reach
  on("htmx:wsClose", ({ detail }) => { if (detail.event?.code !== 1000) doubt(); });
  on("htmx:wsOpen", () => show(false));
  addEventListener("offline", () => { show(true); doubt(); });
  addEventListener("online", () => {
    if (!document.body.classList.contains("out-of-reach")) return;
    clearTimeout(asking);
    settle();
  });
  if (!navigator.onLine) on("DOMContentLoaded", doubt);

  // A plain form that left now would be lost with its page: it waits until somebody answers.
  on("submit", async (event) => {
    const { target, submitter } = event;
    if (!document.body.classList.contains("out-of-reach") || target.matches("[hx-post]") || submitter?.matches("[hx-post]")) return;
    event.preventDefault();
    if (!await answers()) return tell(AWAY, "Try again", () => target.requestSubmit(submitter));
    show(false);
    target.requestSubmit(submitter);
  });

  // A plain form is sent once: until its answer is here, its button says that it is at work. Who stops waiting, or comes back, may send it again.
  const STOPPED = 15000;
  const lock = (form, submitter) => { form.ariaBusy = "true"; if (submitter) submitter.ariaDisabled = "true"; };
  const unlock = (form, submitter) => { form.ariaBusy = null; if (submitter) submitter.ariaDisabled = null; };
  on("submit", (event) => {
    const { target, submitter } = event;
    if (event.defaultPrevented) return;
    if (target.ariaBusy) return event.preventDefault();
    lock(target, submitter);
    setTimeout(unlock, STOPPED, target, submitter);
    addEventListener("pageshow", () => unlock(target, submitter), { once: true });
  });
})();
