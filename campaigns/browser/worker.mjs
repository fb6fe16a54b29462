import { loadPyodide } from "/pyodide/pyodide.mjs";
import { boot } from "/here/boot.mjs";
const host = self.location.origin;
boot(loadPyodide, host, { indexURL: "/pyodide/" }).catch((error) =>
  fetch(host + "/said", { method: "POST", body: String(error) }));
