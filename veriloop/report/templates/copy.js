"use strict";
// Copy buttons: the terms of a list as text; where the clipboard is closed, select them for the reader.

for (const button of document.querySelectorAll("button[data-copy]")) {
  button.addEventListener("click", async () => {
    const list = document.getElementById(button.dataset.copy);
    const parts = [...list.children].map((node) => (node.tagName === "DT" ? node.textContent + ":\n" : node.textContent + "\n\n"));
    const text = parts.join("");
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(list);
      button.textContent = document.execCommand("copy") ? "Copied" : "Selected: press Ctrl+C";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
}
