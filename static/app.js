// What a page does by itself: theme, keys, dialogs, toasts, and what follows the answer to a form.
// Everything here is an extra: each page works without it. No state but how pages look, in cookies.
"use strict";
(() => {
  const on = (event, act) => document.addEventListener(event, act);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);

  // How pages look: cookies, so that the server writes them into each page and nothing flashes. Name -> what one begins with.
  const root = document.documentElement;
  const begins = { theme: "auto", text: "normal", keys: "on" };
  const themes = ["auto", "light", "dark"];
  const looks = (name) => root.dataset[name] || begins[name];
  const look = (name, value) => {
    if (value === begins[name]) delete root.dataset[name]; else root.dataset[name] = value;
    document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
    showLooks();
  };
  const showLooks = () => {
    all("[data-theme-icon]").forEach((icon) => { icon.hidden = icon.dataset.themeIcon !== looks("theme"); });
    all("[data-theme-button]").forEach((button) => { button.ariaLabel = `Theme: ${looks("theme") === "auto" ? "automatic" : looks("theme")}`; });
    all("[data-looks] input").forEach((input) => { input.checked = input.value === looks(input.name); });
    all("#single-keys").forEach((box) => { box.checked = looks("keys") === "on"; });
  };
  const nextTheme = () => look("theme", themes[(themes.indexOf(looks("theme")) + 1) % themes.length]);

  // Toasts: 6 seconds, longer while pointed at or focused; errors stay until dismissed.
  const keepOrRemove = (toast) => {
    if (toast.matches(":hover, :focus-within")) setTimeout(keepOrRemove, 2000, toast); else toast.remove();
  };
  const timeToasts = () => all(".toast:not([data-timed])").forEach((toast) => {
    toast.dataset.timed = "";
    if (!toast.classList.contains("error")) setTimeout(keepOrRemove, 6000, toast);
  });
  const toast = ({ message, level = "info" }) => {
    const box = document.createElement("div");
    const text = document.createElement("span");
    const dismiss = document.createElement("button");
    box.className = `toast ${level}`;
    text.textContent = message;
    Object.assign(dismiss, { className: "icon-btn", type: "button", textContent: "×", ariaLabel: "Dismiss" });
    dismiss.dataset.dismiss = "";
    box.append(text, dismiss);
    one("#toasts").append(box);
  };

  // A dialog gives the focus back by itself, unless what opened it is in a menu that is closed by then.
  const open = (opener) => {
    const dialog = document.getElementById(opener.dataset.open);
    const menu = opener.closest("details.menu");
    dialog?.showModal();
    if (menu) dialog?.addEventListener("close", () => one("summary", menu).focus(), { once: true });
  };

  // Clicks: [data-open="dialog id"], [data-focus="selector"], [data-close], [data-dismiss], and menus that close when one looks elsewhere.
  on("click", (event) => {
    const { target } = event;
    const hit = (selector) => target.closest(selector);
    if (hit("[data-open]")) open(hit("[data-open]"));
    if (hit("[data-focus]")) one(hit("[data-focus]").dataset.focus)?.focus();
    if (hit("[data-close]") || target.matches("dialog")) hit("dialog")?.close();
    if (hit("[data-theme-button]")) { event.preventDefault(); nextTheme(); }
    if (hit("[data-dismiss]")) hit(".toast, .banner")?.remove();
    all("details.menu[open]").forEach((menu) => { if (!menu.contains(target) || hit(".menu-item")) menu.open = false; });
  });

  // Keys. Single ones only outside fields, and only while they are switched on (Settings, Appearance).
  const places = { d: "/", i: "/ideas/", w: "/ideas/shared/", a: "/activity/", b: "/notifications/", f: "/friends/", s: "/settings/" };
  const focus = (selector) => { one(selector)?.focus(); return one(selector) !== null; };
  const keys = {
    "/": () => focus("[type=search]") || (location.href = "/ideas/#filter-q"),
    "?": () => { one("#help")?.showModal(); return true; },
    n: () => { location.href = "/ideas/new/"; return true; },
    c: () => focus(".composer textarea"),
  };
  let afterG = 0;
  on("keydown", (event) => {
    const field = event.target.closest("input, textarea, select, [contenteditable]");
    const ticks = field?.matches("[type=checkbox], [type=radio]");  // their form may be elsewhere on the page, with several buttons
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return ticks || field?.form?.requestSubmit();
    if (event.key === "Escape") all("details.menu[open]").forEach((menu) => { menu.open = false; one("summary", menu).focus(); });
    if (field || event.ctrlKey || event.metaKey || event.altKey || looks("keys") === "off" || one("dialog[open]")) return;
    const chord = Date.now() - afterG < 1500 && places[event.key];
    afterG = event.key === "g" ? Date.now() : 0;
    if (chord) location.href = chord;
    if (chord || keys[event.key]?.()) event.preventDefault();
  });
  on("change", ({ target }) => {
    if (target.id === "single-keys") look("keys", target.checked ? "on" : "off");
    else if (target.closest("[data-looks]")) look(target.name, target.value);
  });

  // Answers. A form marked data-reset is emptied, one marked data-close-after closes its dialog; the first error is focused.
  // What was typed while an answer was on its way is newer than the answer, and stays.
  let newer = [];
  const unsent = (form, sent) => all("textarea, input", form).filter((field) => sent[field.name] !== undefined && field.value !== sent[field.name]);
  on("htmx:beforeSwap", ({ detail }) => {
    const fields = detail.requestConfig.verb === "post" ? unsent(detail.target, detail.requestConfig.parameters) : [];
    newer = fields.filter(({ id, type }) => id && /^text/.test(type)).map(({ id, value }) => [id, value]);
  });
  on("htmx:afterSwap", () => {
    newer.forEach(([id, value]) => { const field = document.getElementById(id); if (field) field.value = value; });
    newer = [];
  });
  on("htmx:afterRequest", ({ detail, target }) => {
    if (detail.successful && target.matches("form[data-reset]") && !unsent(target, detail.requestConfig.parameters).length) target.reset();
    if (detail.successful && target.matches("form[data-close-after]")) target.closest("dialog")?.close();
  });
  on("htmx:afterSettle", ({ target }) => {
    one("[aria-invalid=true]", target)?.focus();
    one("[autofocus]", target)?.scrollIntoView({ block: "nearest" });
  });
  // Who signs out leaves no drafts (drafts.js) behind.
  on("submit", ({ target, submitter }) => {
    if (!(submitter?.formAction || target.action).includes("/account/logout/")) return;
    Object.keys(localStorage).filter((key) => key.startsWith("draft:")).forEach((key) => localStorage.removeItem(key));
  });
  on("toast", ({ detail }) => toast(detail));
  // A push may draw a button anew before the answer to it comes. What htmx then does happens to a button that is gone, and nobody hears of it.
  const heard = new WeakSet();
  on("htmx:beforeOnLoad", ({ detail }) => heard.add(detail.xhr));
  on("htmx:beforeSend", ({ detail: { xhr } }) => xhr.addEventListener("loadend", () => {
    if (heard.has(xhr)) return;
    const said = JSON.parse(xhr.getResponseHeader("HX-Trigger") || "{}").toast;
    if (said) toast(said);
    const answer = new DOMParser().parseFromString(xhr.responseText, "text/html");
    one("#toasts").append(...all("[hx-swap-oob='beforeend:#toasts'] > *", answer));
  }));

  on("DOMContentLoaded", () => {
    showLooks();
    timeToasts();
    new MutationObserver(timeToasts).observe(one("#toasts"), { childList: true });
    (one("[aria-invalid=true]") || one("[autofocus]"))?.focus();
  });
})();
