// node node.mjs FOLDER_OF_PYODIDE URL_OF_HOST
import { boot } from "./boot.mjs";
const [folder, host] = process.argv.slice(2);
const { loadPyodide } = await import(folder + "/pyodide.mjs");
await boot(loadPyodide, host, {});
process.exit(0);
