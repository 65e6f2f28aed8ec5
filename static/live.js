// What keeps a page true while it is open: its socket, the pushes that come down it, and the times it tells.
// htmx takes each element of a push to the place of the same id; here is what it should not do by itself.
"use strict";
(() => {
  const on = (event, act) => document.addEventListener(event, act);
  const all = (selector) => [...document.querySelectorAll(selector)];

  // The tab's own socket. Reconnecting, it asks for everything: what the page shows by now is not what the server signed.
  // htmx's timer can be neither hurried nor stopped, so it is put off for ever, and this file tries again.
  let again = false, socket = null, wrapper = null, began = 0, attempt = 0, retry = 0, doubt = 0;
  const openSocket = (address) => {
    began = Date.now();
    return (socket = new WebSocket(again ? `${address}?again` : address));
  };
  const say = (signal) => { if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(signal)); };
  const ask = (id) => say({ signal: "again", topic: id.replace("-", ":") });
  const settled = () => { clearTimeout(retry); clearTimeout(doubt); retry = doubt = 0; };
  const reconnect = () => { settled(); wrapper?.reconnect(); };
  on("htmx:wsOpen", ({ detail }) => {
    settled();
    again = true;
    attempt = 0;
    wrapper = detail.socketWrapper;
    document.body.classList.remove("socket-down");
  });
  on("htmx:wsClose", ({ detail }) => {
    if (detail.event.target !== socket) return;  // one that was given up
    if (detail.event.code === 1000) return location.reload();
    settled();
    wrapper = detail.socketWrapper;
    document.body.classList.add("socket-down");
    retry = setTimeout(reconnect, Math.random() * Math.min(30000, 500 * 2 ** attempt++));
  });
  on("live:say", ({ detail }) => say(detail));

  // Waking: a socket that slept may be dead without knowing it. What does not answer at once is opened anew; what does has sent all there was.
  const PATIENCE = 500, DIALLING = 3000;
  const wake = () => {
    tellTimes();
    attempt = 0;
    if (document.hidden || !socket || doubt) return;
    if (socket.readyState === WebSocket.CONNECTING) return Date.now() - began > DIALLING && socket.close();
    if (retry || socket.readyState !== WebSocket.OPEN) return reconnect();
    socket.send("ping");
    doubt = setTimeout(reconnect, PATIENCE);
  };
  on("htmx:wsBeforeMessage", (event) => {
    if (event.detail.message !== "pong") return;
    event.preventDefault();
    settled();
  });
  ["visibilitychange", "resume"].forEach((event) => on(event, wake));
  ["focus", "online", "pageshow"].forEach((event) => addEventListener(event, wake));
  let ticked = Date.now();
  setInterval(() => {  // a shut lid tells nobody
    const slept = Date.now() - ticked > 5000;
    ticked = Date.now();
    if (slept) wake();
  }, 1000);

  // A push. The same again changes nothing (times go on by themselves); of a [data-keyed] list only the children that differ are touched, by id,
  // and one with an open form in it stays as it is. A child [data-same] is a place alone: the page has it, or asks for the whole list again.
  // A list [data-more] says nothing of the others: what the page lacks of it comes last; what it has may be newer.
  const bare = (node) => {
    const copy = node.cloneNode(true);
    copy.classList.remove("fresh");
    copy.querySelectorAll("time[data-ago]").forEach((time) => { time.title = time.textContent = ""; });
    return copy;
  };
  const same = (one, other) => bare(one).isEqualNode(bare(other));
  const stays = (now, child) => "same" in child.dataset || now.querySelector("form") || same(now, child);
  const put = (list, now, child, place) => {
    if (now && stays(now, child)) return now === place || list.insertBefore(now, place);
    const added = child.cloneNode(true);
    if (!now) added.classList.add("fresh");
    list.insertBefore(added, place);
    now?.remove();
    added.addEventListener("animationend", () => added.classList.remove("fresh"), { once: true });
    htmx.process(added);
  };
  const patch = (list, wanted) => {
    const more = "more" in wanted.dataset;
    const scroll = list.parentElement;
    const atEnd = more || scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
    const children = [...wanted.children];
    const has = new Map([...list.children].map((child) => [child.id, child]));
    if (children.some((child) => "same" in child.dataset && !has.has(child.id))) return ask(list.id);
    if (more) children.filter((child) => !has.has(child.id)).forEach((child) => put(list, null, child, null));
    else {
      const keep = new Set(children.map((child) => child.id));
      [...list.children].forEach((child) => { if (!child.id || !keep.has(child.id) || has.get(child.id) !== child) child.remove(); });
      [...wanted.attributes].forEach(({ name, value }) => list.setAttribute(name, value));
      children.forEach((child, place) => put(list, child.id && has.get(child.id), child, list.children[place] || null));
    }
    if (atEnd) scroll.scrollTop = scroll.scrollHeight;
  };
  on("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    const wanted = fragment.firstElementChild;
    if (!wanted || wanted.id !== target.id) return;
    if (target.matches("[data-keyed]") && wanted.matches("[data-keyed]")) {
      event.detail.shouldSwap = false;
      patch(target, wanted);
    } else if (same(target, wanted)) event.detail.shouldSwap = false;
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
  htmx.config.wsReconnectDelay = () => 2 ** 31 - 1;
  on("DOMContentLoaded", () => {
    tellTimes();
    setInterval(tellTimes, 20000);
    all(".scroll").forEach((scroll) => { scroll.scrollTop = scroll.scrollHeight; });
  });
})();
