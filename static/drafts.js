// Drafts: what is being written in a form[data-draft="key"] survives a reload, a crash of the browser and a lost sign-in: kept by the browser until it
// is sent, a month has passed or one signs out (app.js). Everything here is an extra: each form works without it.
"use strict";
(() => {
  const on = (event, act) => document.addEventListener(event, act);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const FORMS = "form[data-draft]", MONTH = 30 * 86400e3, tab = Math.random();
  const at = (form) => `draft:${form.dataset.draft}`;
  const read = (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } };
  const write = (key, draft) => { try { localStorage.setItem(key, JSON.stringify(draft)); } catch { /* a full or forbidden storage keeps no drafts */ } };
  const kept = () => Object.keys(localStorage).filter((key) => key.startsWith("draft:"));

  // A form's words, and what they answer or were typed on. `begun`: what stood there before anybody typed.
  const fields = (form) => [...form.elements].filter((field) => field.name && field.matches("textarea, select, input:not([type=hidden])"));
  const words = (form, of = (field) => field.value) => Object.fromEntries(fields(form).map((field) => [field.name, of(field)]));
  const drawn = (field) => field.defaultValue ?? ([...field.options].find((option) => option.defaultSelected) || field.options[0]).value;
  const value = (form, name) => form.querySelector(`[name=${name}]`)?.value;
  const same = (one, other) => [one, other].every((some) => Object.keys(some).every((name) => one[name]?.trim() === other[name]?.trim()));
  const refused = (form) => form.querySelector("[aria-invalid=true], [role=alert]");
  const begun = new WeakMap();
  const begin = (form) => begun.get(form) || begun.set(form, refused(form) ? {} : words(form, drawn)).get(form);

  const keep = (form, more = {}) => {
    const draft = { words: words(form), begun: read(at(form))?.begun || begin(form), reply_to: value(form, "reply_to"), version: value(form, "version"), tab, time: Date.now(), ...more };
    if (same(draft.words, draft.begun)) forget(form); else write(at(form), draft);
  };
  const forget = (form) => {
    const draft = read(at(form));
    if (draft && (draft.tab === tab || same(draft.words, words(form)))) localStorage.removeItem(at(form));
  };

  // Never over what the server sent back. Over what was changed elsewhere meanwhile only where the form says what it was typed on: then the server asks.
  const restore = (form) => {
    if (begun.has(form)) return;
    const draft = read(at(form)), now = begin(form);
    if (refused(form)) return keep(form);
    if (!draft || !(value(form, "version") || same(now, draft.begun))) return;
    put(form, draft.words);
    if (draft.version) form.elements.version.value = draft.version;
    const chip = form.querySelector(".reply");
    if (chip && draft.reply_to && !value(form, "reply_to")) htmx.ajax("GET", `${form.action}?reply_to=${draft.reply_to}`, { target: chip, swap: "innerHTML" });
    all("[data-restored]", form).forEach((said) => { said.hidden = false; });
  };
  // [data-rows]: a part that has as many fields as were written. The server draws it as it was sent, without a row more or less.
  const put = (form, values) => {
    fields(form).forEach((field) => { field.value = values[field.name] ?? ""; field.disabled = !(field.name in values); });
    const rows = form.querySelector("[data-rows]"), now = words(form);
    if (rows && Object.keys({ ...values, ...now }).some((name) => !(name in values && name in now)))
      htmx.ajax("POST", location.pathname, { source: rows, target: rows, select: `#${rows.id}`, swap: "outerHTML", values: { ...values, remove_leg: "" } });
  };

  // A draft that left with a plain form is forgotten by the page that follows, unless that is the form again: it was refused, or one had to sign in.
  // A plain form of a discussion may be drawn again, empty, on the page that follows: its words are forgotten at once.
  on("input", ({ target }) => target.form?.matches(FORMS) && keep(target.form));
  on("submit", ({ target, defaultPrevented }) => {
    if (defaultPrevented || !target.matches(FORMS)) return;
    if (target.closest("[hx-disable]")) forget(target); else if (!target.matches("[hx-post]")) keep(target, { sent: true });
  });
  on("htmx:beforeSwap", ({ detail }) => {
    const { elt, verb, parameters } = detail.requestConfig;
    if (verb === "post" && detail.xhr.status === 200 && elt.matches?.(FORMS) && value(elt, "text") === parameters.text) forget(elt);
  });
  on("htmx:afterSwap", ({ detail }) => {
    const form = document.getElementById(detail.target.id)?.closest(FORMS);
    if (form && form !== detail.target && !same(words(form), begin(form))) keep(form);
  });
  on("htmx:load", ({ detail: { elt } }) => [elt, ...all(FORMS, elt)].filter((one) => one.matches(FORMS)).forEach(restore));
  // A copy that is erased leaves no draft about it behind: the discussion is still on the page, hidden.
  on("htmx:load", ({ detail }) => detail.elt.matches(".idea.gone") && all(FORMS).forEach((form) => localStorage.removeItem(at(form))));
  on("click", ({ target }) => {
    if (!target.closest("[data-discard]")) return;
    localStorage.removeItem(at(target.closest(FORMS)));
    location.assign(location.pathname);
  });
  addEventListener("storage", ({ key, newValue, oldValue }) => {  // another tab has sent it
    const form = !newValue && key?.startsWith("draft:") && document.querySelector(`form[data-draft="${CSS.escape(key.slice(6))}"]`);
    if (form && !form.contains(document.activeElement) && same(words(form), JSON.parse(oldValue).words)) put(form, JSON.parse(oldValue).begun);
  });

  on("DOMContentLoaded", () => {
    const here = new Set(all(FORMS).map(at));
    kept().filter((key) => !(read(key)?.time > Date.now() - MONTH) || (read(key).sent && !here.has(key))).forEach((key) => localStorage.removeItem(key));
    all(FORMS).forEach(restore);
  });
})();
