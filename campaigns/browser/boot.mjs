// Loads the house into Pyodide and does jobs until there are no more.
export async function unpack(pyodide, host) {
  const site = pyodide.runPython("import site; site.getsitepackages()[0]");
  for (const name of await (await fetch(host + "/archives")).json()) {
    const data = await (await fetch(host + name)).arrayBuffer();
    pyodide.unpackArchive(data, name.endsWith(".whl") ? "wheel" : "zip", { extractDir: site });
  }
}

export async function boot(loadPyodide, host, options) {
  const pyodide = await loadPyodide(options);
  await unpack(pyodide, host);
  await pyodide.pyimport("campaigns.browser.inside.jobs").serve(host);
}
