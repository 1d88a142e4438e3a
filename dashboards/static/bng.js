/* The little that a page does in the browser by itself: show the content when Voilà has rendered
   it, give widgets the roles that ipywidgets cannot set, and say when the kernel is gone. */
(() => {
  "use strict";

  const STILL_THERE_EVERY_MS = 15000;

  // Voilà calls these while and after it renders.
  window.voila_heartbeat = () => {};
  window.voila_finish = () => {};

  // A class set in Python -> what assistive technology needs to know.
  const ROLES = {
    "bng-live": { role: "status", "aria-live": "polite" },
    "bng-urgent": { role: "alert" },
    "bng-group": { role: "group" },
  };

  function giveRoles(root) {
    for (const [name, attributes] of Object.entries(ROLES)) {
      for (const element of root.querySelectorAll(`.${name}:not([role])`)) {
        for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
      }
    }
    for (const upload of root.querySelectorAll("button.jupyter-button i.fa-upload")) upload.remove();
    for (const input of root.querySelectorAll("input[list]:not([autocomplete])")) {
      input.setAttribute("autocomplete", "off");
    }
  }

  function showWhenRendered() {
    const pending = 'script[type="application/vnd.voila.cell-output+json"]';
    if (!document.body.classList.contains("bng-loading") || document.querySelector(pending)) return;
    document.body.classList.remove("bng-loading");
    document.getElementById("loading").remove();
  }

  function tidyAddress() {
    const address = new URL(location.href);
    if (!address.searchParams.has("token")) return;
    address.searchParams.delete("token"); // kept as a cookie; must not travel with a shared link
    history.replaceState(null, "", address);
  }

  async function watchKernel() {
    const config = document.getElementById("jupyter-config-data");
    if (!config) return;
    const kernel = JSON.parse(config.textContent).kernelId;
    const notice = document.getElementById("connection");
    let answered = false;
    try {
      answered = (await fetch(`/api/kernels/${kernel}`, { cache: "no-store" })).ok;
    } catch (error) {
      answered = false;
    }
    if (answered && notice.hasChildNodes()) notice.replaceChildren();
    if (!answered && !notice.hasChildNodes()) {
      const text = document.createElement("p");
      text.className = "bng-error";
      text.textContent =
        "The connection to the server was lost. Reload the page to go on; a run that was started " +
        "goes on without it and can be opened again by its link.";
      notice.append(text);
    }
  }

  tidyAddress();
  document.addEventListener("DOMContentLoaded", () => {
    const look = () => {
      giveRoles(document);
      showWhenRendered();
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
    look();
    setInterval(watchKernel, STILL_THERE_EVERY_MS);
  });
})();
