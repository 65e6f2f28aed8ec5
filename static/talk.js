// What a discussion does by itself. Everything here is an extra: each page works without it.
"use strict";
(() => {
  const on = (event, act) => document.addEventListener(event, act);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // A row is replaced under the keyboard, by an answer or a push: [data-refocus="ids"] names who takes its place, else whoever has its id.
  let last = null;
  const refocus = () => {
    if (!last || last.isConnected || document.activeElement !== document.body) return;
    const places = [last.id, ...(last.dataset.refocus || "").split(" ")];
    last = null;
    places.map((id) => id && document.getElementById(id)).find(Boolean)?.focus({ preventScroll: true });
  };
  on("focusin", ({ target }) => { last = target.closest(".msg") ? target : null; });
  on("pointerdown", () => { last = null; });

  // A closed dialog of answers holds nothing that would go on asking for news.
  document.addEventListener("close", ({ target }) => target.querySelector?.("[id^=conversation-]")?.replaceChildren(), true);

  // Drafts: what is being written, and what it answers, survives a reload and a crash of the browser: kept by the browser until it is sent, a month
  // has passed or one signs out (app.js). Never over what the server sent back; of two tabs the one that was written in last is kept.
  const FIELDS = ".composer textarea, .edit-form textarea", MONTH = 30 * 86400e3, tab = Math.random();
  const at = (field) => `draft:${field.id}`;
  const read = (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } };
  const chip = (field) => field.form.querySelector("[name=reply_to]");
  const base = (field) => field.closest(".composer") ? "" : read(at(field))?.base ?? field.defaultValue;
  const keep = (field) => {
    const draft = { text: field.value, reply: chip(field)?.value || "", base: base(field), tab, time: Date.now() };
    try {
      if (draft.text.trim() === draft.base.trim()) forget(field, draft.text); else localStorage.setItem(at(field), JSON.stringify(draft));
    } catch { /* a full or forbidden storage keeps no drafts */ }
  };
  const forget = (field, text) => {
    const draft = read(at(field));
    if (draft && (draft.tab === tab || draft.text === text)) localStorage.removeItem(at(field));
  };
  const restore = (field) => {
    const draft = read(at(field));
    if (!draft || field.value !== draft.base || field.ariaInvalid === "true") return;
    field.value = draft.text;
    const place = field.form.querySelector(".reply");
    if (place && draft.reply && !chip(field)) htmx.ajax("GET", `${field.form.action}?reply_to=${draft.reply}`, { target: place, swap: "innerHTML" });
  };
  on("input", ({ target }) => target.matches(FIELDS) && keep(target));
  on("submit", ({ target }) => target.closest("[hx-disable]") && all(FIELDS, target.parentElement).forEach((field) => forget(field, field.value)));
  on("htmx:beforeSwap", ({ detail }) => {
    const { elt, verb, parameters } = detail.requestConfig;
    const field = verb === "post" && detail.xhr.status === 200 && elt.matches?.("form") && elt.querySelector(FIELDS);
    if (field && field.value === parameters.text) forget(field, field.value);
  });
  on("htmx:afterSwap", ({ detail }) => detail.target.matches(".reply") && all(FIELDS, detail.target.closest("form")).filter((field) => field.value).forEach(keep));
  on("htmx:load", ({ detail }) => all(FIELDS, detail.elt).forEach(restore));
  // A copy that is erased leaves no draft about it behind: the discussion is still on the page, hidden.
  on("htmx:load", ({ detail }) => detail.elt.matches(".idea.gone") && all(FIELDS).forEach((field) => localStorage.removeItem(at(field))));
  addEventListener("storage", ({ key, newValue, oldValue }) => {  // another tab has sent it
    const field = newValue || !key?.startsWith("draft:") ? null : document.getElementById(key.slice(6));
    if (field && field !== document.activeElement && field.value === JSON.parse(oldValue).text) field.value = base(field);
  });

  on("DOMContentLoaded", () => {
    Object.keys(localStorage).filter((key) => key.startsWith("draft:") && !(read(key)?.time > Date.now() - MONTH)).forEach((key) => localStorage.removeItem(key));
    all(FIELDS).forEach(restore);
    all(".talk .scroll").forEach((scroll) => new MutationObserver(refocus).observe(scroll, { childList: true, subtree: true }));
  });
})();
