// What keeps a page true while it is open: its socket, the pushes that come down it, and the times it tells.
// htmx takes each element of a push to the place of the same id; here is what it should not do by itself.
"use strict";
(() => {
  const on = (event, act) => document.addEventListener(event, act);
  const all = (selector) => [...document.querySelectorAll(selector)];

  // The tab's own socket. Reconnecting, it asks for everything: what the page shows by now is not what the server signed.
  let again = false;
  const openSocket = (address) => new WebSocket(again ? `${address}?again` : address);
  on("htmx:wsOpen", () => {
    again = true;
    document.body.classList.remove("socket-down");
  });
  on("htmx:wsClose", ({ detail }) => {
    if (detail.event?.code === 1000) location.reload();
    document.body.classList.add("socket-down");
  });

  // A push. The same again changes nothing (times go on by themselves); of a [data-keyed] list only the children that differ are touched, by id,
  // and one with an open form in it stays as it is.
  const bare = (node) => {
    const copy = node.cloneNode(true);
    copy.classList.remove("fresh");
    copy.querySelectorAll("time[data-ago]").forEach((time) => { time.title = time.textContent = ""; });
    return copy;
  };
  const same = (one, other) => bare(one).isEqualNode(bare(other));
  const patch = (list, wanted) => {
    const atEnd = list.parentElement.scrollHeight - list.parentElement.scrollTop - list.parentElement.clientHeight < 80;
    const keep = new Set([...wanted.children].map((child) => child.id));
    [...list.children].forEach((child) => { if (!child.id || !keep.has(child.id)) child.remove(); });
    [...wanted.attributes].forEach(({ name, value }) => list.setAttribute(name, value));
    [...wanted.children].forEach((child, place) => {
      const now = child.id && [...list.children].find((other) => other.id === child.id);
      if (now && (now.querySelector("form") || same(now, child))) return list.children[place] !== now && list.insertBefore(now, list.children[place]);
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
    if (same(target, wanted)) event.detail.shouldSwap = false;
    else if (target.matches("[data-keyed]") && wanted.matches("[data-keyed]")) {
      event.detail.shouldSwap = false;
      patch(target, wanted);
    }
  });

  // A page is named after what it shows: [data-name] of a fragment, repeated in the title and in [data-named]. It goes when the thing goes.
  on("htmx:load", ({ detail }) => {
    const name = detail.elt.dataset?.name;
    if (!name) return;
    document.title = `${name} - Portfolio Planner`;
    all("[data-named]").forEach((place) => { place.textContent = name; });
  });

  // Times.
  const units = [[60, 1, "s"], [3600, 60, "min"], [86400, 3600, "h"], [604800, 86400, "d"]];
  const tellTimes = () => all("time[data-ago]").forEach((time) => {
    const seconds = Math.max(0, (Date.now() - new Date(time.dateTime)) / 1000);
    const unit = units.find(([limit]) => seconds < limit);
    if (unit) time.textContent = seconds < 10 ? "just now" : `${Math.floor(seconds / unit[1])} ${unit[2]} ago`;
    time.title = new Date(time.dateTime).toLocaleString();
  });
  on("htmx:load", tellTimes);

  htmx.createWebSocket = openSocket;
  on("DOMContentLoaded", () => {
    tellTimes();
    setInterval(tellTimes, 20000);
    all(".scroll").forEach((scroll) => { scroll.scrollTop = scroll.scrollHeight; });
  });
})();
