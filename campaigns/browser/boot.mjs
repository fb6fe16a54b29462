// Loads the house into Pyodide and does jobs until there are no more.
export async function boot(loadPyodide, host, options) {
  const pyodide = await loadPyodide(options);
  const site = pyodide.runPython("import site; site.getsitepackages()[0]");
  for (const name of await (await fetch(host + "/archives")).json()) {
    const data = await (await fetch(host + name)).arrayBuffer();
    pyodide.unpackArchive(data, name.endsWith(".whl") ? "wheel" : "zip", { extractDir: site });
  }
  const serve = pyodide.pyimport("campaigns.browser.inside.jobs").serve;
  await serve(host);
}
