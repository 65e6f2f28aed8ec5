// What a page does by itself: theme, keys, dialogs, toasts, and lists that a push redraws without jumping.
// Everything here is an extra: each page works without it. No state but two preferences, kept by the browser.
"use strict";
(() => {
  const on = (event, act) => document.addEventListener(event, act);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);

  // Theme: automatic, light, dark. A cookie, so that the server writes it into the page and nothing flashes.
  const root = document.documentElement;
  const themes = ["auto", "light", "dark"];
  const showTheme = () => {
    const now = root.dataset.theme || "auto";
    all("[data-theme-icon]").forEach((icon) => { icon.hidden = icon.dataset.themeIcon !== now; });
    all("[data-theme-button]").forEach((button) => { button.ariaLabel = `Theme: ${now === "auto" ? "automatic" : now}`; });
  };
  const nextTheme = () => {
    const next = themes[(themes.indexOf(root.dataset.theme || "auto") + 1) % themes.length];
    if (next === "auto") delete root.dataset.theme; else root.dataset.theme = next;
    document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=lax`;
    showTheme();
  };

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
    timeToasts();
  };

  // Clicks: [data-open="dialog id"], [data-focus="selector"], [data-close], [data-dismiss], and menus that close when one looks elsewhere.
  on("click", ({ target }) => {
    const hit = (selector) => target.closest(selector);
    if (hit("[data-open]")) document.getElementById(hit("[data-open]").dataset.open)?.showModal();
    if (hit("[data-focus]")) one(hit("[data-focus]").dataset.focus)?.focus();
    if (hit("[data-close]") || target.matches("dialog")) hit("dialog")?.close();
    if (hit("[data-dismiss]")) hit(".toast, .banner")?.remove();
    if (hit("[data-theme-button]")) nextTheme();
    all("details.menu[open]").forEach((menu) => { if (!menu.contains(target) || hit(".menu-item")) menu.open = false; });
  });

  // Keys. Single ones only outside fields, and only while they are switched on (the keyboard dialog).
  const single = () => localStorage.getItem("single-keys") !== "off";
  const places = { i: "/ideas/", s: "/ideas/shared/", f: "/friends/" };
  const focus = (selector) => { one(selector)?.focus(); return one(selector) !== null; };
  const keys = {
    "/": () => focus("[type=search]"),
    "?": () => { one("#help")?.showModal(); return true; },
    n: () => { location.href = "/ideas/new/"; return true; },
    c: () => focus(".composer textarea"),
  };
  let afterG = 0;
  on("keydown", (event) => {
    const field = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return field?.form?.requestSubmit();
    if (event.key === "Escape") all("details.menu[open]").forEach((menu) => { menu.open = false; one("summary", menu).focus(); });
    if (field || event.ctrlKey || event.metaKey || event.altKey || !single() || one("dialog[open]")) return;
    const chord = Date.now() - afterG < 1500 && places[event.key];
    afterG = event.key === "g" ? Date.now() : 0;
    if (chord) location.href = chord;
    if (chord || keys[event.key]?.()) event.preventDefault();
  });
  on("change", ({ target }) => target.id === "single-keys" && localStorage.setItem("single-keys", target.checked ? "on" : "off"));

  // Answers: a form marked data-reset is emptied, one in a dialog marked data-close-after closes it; else the first error is focused.
  on("htmx:afterRequest", ({ detail, target }) => {
    if (detail.successful && target.matches("form[data-reset]")) target.reset();
    if (detail.successful && target.matches("form[data-close-after]")) target.closest("dialog")?.close();
    if (detail.failed && detail.xhr.status !== 422) toast({ message: "That did not work. Please try again.", level: "error" });
  });
  on("htmx:sendError", () => toast({ message: "Your instance does not answer.", level: "error" }));
  on("htmx:afterSettle", ({ target }) => one("[aria-invalid=true]", target)?.focus());
  on("toast", ({ detail }) => toast(detail));

  // The tab's own socket. Reconnecting, it asks for everything: what the page shows by now is not what the server signed.
  let again = false, socket = null;
  const openSocket = (address) => new WebSocket(again ? `${address}?again` : address);
  on("htmx:wsOpen", ({ detail }) => {
    again = true;
    socket = detail.socketWrapper;
    document.body.classList.remove("socket-down");
  });
  on("htmx:wsClose", ({ detail }) => {
    if (detail.event?.code === 1000) location.reload();
    document.body.classList.add("socket-down");
  });

  // A push. The same again changes nothing; of a [data-keyed] list only the children that differ are touched, by id,
  // and one with an open form in it stays as it is.
  const patch = (list, wanted) => {
    const atEnd = list.parentElement.scrollHeight - list.parentElement.scrollTop - list.parentElement.clientHeight < 80;
    const keep = new Set([...wanted.children].map((child) => child.id));
    [...list.children].forEach((child) => { if (!keep.has(child.id)) child.remove(); });
    [...wanted.children].forEach((child, place) => {
      const now = child.id && [...list.children].find((other) => other.id === child.id);
      if (now && (one("form", now) || now.isEqualNode(child))) return list.children[place] !== now && list.insertBefore(now, list.children[place]);
      if (now) now.replaceWith(child.cloneNode(true)); else list.insertBefore(child.cloneNode(true), list.children[place] || null);
      const added = list.children[place];
      if (!now) added.classList.add("fresh");
      added.addEventListener("animationend", () => added.classList.remove("fresh"), { once: true });
      htmx.process(added);
    });
    if (atEnd) list.parentElement.scrollTop = list.parentElement.scrollHeight;
  };
  on("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    const wanted = fragment.firstElementChild;
    if (!wanted || wanted.id !== target.id) return;
    if (target.isEqualNode(wanted)) event.detail.shouldSwap = false;
    else if (target.matches("[data-keyed]") && wanted.matches("[data-keyed]")) {
      event.detail.shouldSwap = false;
      patch(target, wanted);
    }
  });
  on("htmx:oobAfterSwap", timeToasts);

  // Times and typing.
  const units = [[60, 1, "s"], [3600, 60, "min"], [86400, 3600, "h"], [604800, 86400, "d"]];
  const tellTimes = () => all("time[data-ago]").forEach((time) => {
    const seconds = Math.max(0, (Date.now() - new Date(time.dateTime)) / 1000);
    const unit = units.find(([limit]) => seconds < limit);
    if (unit) time.textContent = seconds < 10 ? "just now" : `${Math.floor(seconds / unit[1])} ${unit[2]} ago`;
    time.title = new Date(time.dateTime).toLocaleString();
  });
  let typed = 0;
  on("input", ({ target }) => {
    if (!target.dataset.typing || !socket || Date.now() - typed < 3000) return;
    typed = Date.now();
    socket.send(JSON.stringify({ signal: "typing", topic: target.dataset.typing, body: {} }));
  });

  if (window.htmx) htmx.createWebSocket = openSocket;
  on("DOMContentLoaded", () => {
    showTheme();
    timeToasts();
    setInterval(tellTimes, 20000);
    const box = one("#single-keys");
    if (box) box.checked = single();
    all(".scroll").forEach((scroll) => { scroll.scrollTop = scroll.scrollHeight; });
    (one("[aria-invalid=true]") || one("[autofocus]"))?.focus();
  });
})();
