// Bundles GraphiQL and the editor it is made of into dist/, so that the browser needs no other host than this server.
import { build } from "esbuild";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const dist = join(folder, "dist");

const WORKERS = {
  editor: "monaco-editor/esm/vs/editor/editor.worker.js",
  json: "monaco-editor/esm/vs/language/json/json.worker.js",
  graphql: "monaco-graphql/esm/graphql.worker.js",
};

// What a file holds is in its name: it can be kept for ever, and never passes for another build's.
const common = {
  absWorkingDir: folder,
  bundle: true,
  define: { "process.env.NODE_ENV": '"production"' },
  entryNames: "[name]-[hash]",
  logLevel: "warning",
  metafile: true,
  minify: true,
  outdir: dist,
  target: "es2022",
};

// GraphiQL's own style sheet holds the editor's styles already; those that the editor's modules import are doubles.
const stylesOnce = {
  name: "styles-once",
  setup(bundle) {
    bundle.onLoad({ filter: /monaco-editor[\\/]esm[\\/].*\.css$/ }, () => ({ contents: "", loader: "js" }));
  },
};

/** The name of the file that was built from this entry point. */
function built(metafile, entry) {
  for (const [path, output] of Object.entries(metafile.outputs)) {
    if (output.entryPoint?.endsWith(entry)) return { script: basename(path), style: basename(output.cssBundle ?? "") };
  }
  throw new Error(`nothing was built from ${entry}`);
}

await rm(dist, { recursive: true, force: true });
await mkdir(dist);

const names = {};
for (const [label, entry] of Object.entries(WORKERS)) {
  const { metafile } = await build({ ...common, entryPoints: [{ in: entry, out: `${label}-worker` }], format: "iife" });
  names[label] = built(metafile, entry).script;
}

const { metafile } = await build({
  ...common,
  // GraphiQL asks for these two by old names, which lead to files whose exports a bundle does not see.
  alias: {
    "prettier/parser-babel": "prettier/plugins/babel",
    "prettier/parser-graphql": "prettier/plugins/graphql",
  },
  chunkNames: "part-[hash]",
  define: { ...common.define, WORKERS: JSON.stringify(names) },
  entryPoints: [{ in: "app.jsx", out: "graphiql" }],
  format: "esm",
  jsx: "automatic",
  plugins: [stylesOnce],
  splitting: true,
});

// Written last, as the server goes by it: with the list in place, and all that it names, the build is whole.
const { version } = JSON.parse(await readFile(join(folder, "node_modules/graphiql/package.json"), "utf8"));
const files = (await readdir(dist)).sort();
const list = { version, ...built(metafile, "app.jsx"), files };
await writeFile(join(dist, "files.json"), `${JSON.stringify(list, null, 2)}\n`);
