/* The little that a page does in the browser by itself: show the content when Voilà has rendered
   it, give widgets the roles that ipywidgets cannot set, and say when the kernel is gone. */
(() => {
  "use strict";

  const STILL_THERE_EVERY_MS = 15000;
  const LARGEST_UPLOAD_BYTES = 20 * 1024 * 1024; // as in dashboards/ui/workbook_step.py

  // Voilà calls these while and after it renders.
  window.voila_heartbeat = () => {};
  window.voila_finish = () => {};

  // A class set in Python -> what assistive technology needs to know.
  const ROLES = { "bng-live": "status", "bng-urgent": "alert" };

  let hints = 0;

  function giveRoles() {
    for (const [name, role] of Object.entries(ROLES)) {
      for (const element of document.querySelectorAll(`.${name}:not([role])`)) {
        element.setAttribute("role", role);
      }
    }
    for (const field of document.querySelectorAll(".bng-field")) {
      const control = field.querySelector("input, select, textarea, button");
      const hint = field.querySelector(".bng-hint .widget-html-content");
      if (!control || !hint?.textContent || control.hasAttribute("aria-describedby")) continue;
      hint.id ||= `hint-${++hints}`;
      control.setAttribute("aria-describedby", hint.id);
    }
    for (const map of document.querySelectorAll(".bng-map .leaflet-container:not([role])")) {
      map.setAttribute("role", "region");
      map.setAttribute("aria-label", "Map; the table below it has the same points");
    }
    // A slider's handle is what has the focus, its label stands beside it
    for (const slider of document.querySelectorAll(".widget-slider")) {
      const handle = slider.querySelector('[role="slider"], .noUi-handle');
      const label = slider.querySelector(".widget-label")?.textContent;
      const shown = slider.querySelector(".widget-readout")?.textContent;
      if (!handle || !label) continue;
      if (handle.getAttribute("aria-label") !== label) handle.setAttribute("aria-label", label);
      if (shown && handle.getAttribute("aria-valuetext") !== shown) {
        handle.setAttribute("aria-valuetext", shown);
      }
    }
    // ipywidgets hides the empty labels of plain html, and calls their tooltip "null"
    for (const element of document.querySelectorAll('[title="null"]')) {
      element.removeAttribute("title");
    }
  }

  function say(text) {
    const notice = document.createElement("p");
    notice.className = "bng-error";
    notice.textContent = text;
    document.getElementById("browser-notice").replaceChildren(notice);
  }

  // ipywidgets sends a file at once and whole; one that the server must refuse would only cut the
  // connection. The input is never in the document, so it is met when it is opened.
  function refuseLargeFiles() {
    const open = HTMLInputElement.prototype.click;
    HTMLInputElement.prototype.click = function () {
      if (this.type === "file" && !this.dataset.bngChecked) {
        this.dataset.bngChecked = "yes";
        this.addEventListener("change", checkSize, { capture: true });
      }
      return open.call(this);
    };
  }

  function checkSize(event) {
    document.getElementById("browser-notice").replaceChildren();
    const large = [...event.target.files].find((file) => file.size > LARGEST_UPLOAD_BYTES);
    if (!large) return;
    event.stopImmediatePropagation();
    event.target.value = "";
    say(
      `There is a problem: ${large.name} has ${(large.size / 1048576).toFixed(1)} MB; the largest ` +
        "workbook that can be read is 20 MB. The official workbook has about 4 MB: remove " +
        "pictures and added sheets, and save it again."
    );
  }

  // The address follows the run, so that reloading the page opens it again.
  function followRun() {
    const link = [...document.querySelectorAll(".bng-run-link")].at(-1);
    if (link && link.search !== location.search) history.replaceState(null, "", link.href);
  }

  // What is filled in outlives a reload, in this tab, for this visitor (dashboards/ui/memory.py).
  let formGivenBack = false;

  function rememberForm() {
    const field = document.querySelector(".bng-memory-in input");
    if (!field || document.body.classList.contains("bng-loading")) return;
    const visitor = document.querySelector(".bng-header")?.textContent ?? "";
    const key = `bng-form ${location.pathname} ${visitor.replace(/\s+/g, " ")}`;
    if (!formGivenBack) {
      formGivenBack = true;
      field.value = sessionStorage.getItem(key) ?? "{}"; // also tells the page that it is shown
      for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
    }
    const form = document.querySelector(".bng-memory-out [data-form]")?.dataset.form;
    if (form && form !== sessionStorage.getItem(key)) sessionStorage.setItem(key, form);
  }

  function showWhenRendered() {
    const pending = 'script[type="application/vnd.voila.cell-output+json"]';
    if (!document.body.classList.contains("bng-loading") || document.querySelector(pending)) return;
    document.body.classList.remove("bng-loading");
    document.getElementById("loading").remove();
  }

  // Leaflet lets markers be reached by Tab and calls them buttons, but they answer the mouse only.
  function pressMarkers(event) {
    if (!["Enter", " "].includes(event.key) || !event.target.matches?.(".leaflet-marker-icon")) return;
    event.preventDefault();
    event.target.click();
  }

  let connected = true;

  async function watchKernel() {
    const config = document.getElementById("jupyter-config-data");
    if (!config) return;
    const kernel = JSON.parse(config.textContent).kernelId;
    let answered = false;
    try {
      answered = (await fetch(`/api/kernels/${kernel}`, { cache: "no-store" })).ok;
    } catch {
      answered = false;
    }
    if (answered === connected) return;
    connected = answered;
    if (answered) document.getElementById("browser-notice").replaceChildren();
    else {
      say(
        "The connection to the server was lost. Reload the page to go on; a run that was started " +
          "goes on without it and is shown again after reloading."
      );
    }
  }

  refuseLargeFiles();
  document.addEventListener("keydown", pressMarkers);
  document.addEventListener("DOMContentLoaded", () => {
    const look = () => {
      giveRoles();
      showWhenRendered();
      followRun();
      rememberForm();
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
    look();
    setInterval(watchKernel, STILL_THERE_EVERY_MS);
  });
})();
