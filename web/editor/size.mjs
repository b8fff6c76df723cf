/** Says how much the first load weighs, and fails when it is too much. Run after a build. */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const DIST = fileURLToPath(new URL("dist/", import.meta.url));
const FIRST_LOAD_KIB_MAX = 300;

const page = await readFile(join(DIST, "index.html"), "utf8");
// What the page names itself, and what its scripts import without being asked.
const first = new Set([...page.matchAll(/(?:src|href)="\/([^"]+)"/g)].map(([, path]) => path));
for (const path of first) {
  if (!path.endsWith(".js")) continue;
  const text = await readFile(join(DIST, path), "utf8");
  for (const [, name] of text.matchAll(/(?:^|;|})import\s*(?:[^"'();]*?from)?\s*["']\.\/([^"']+)["']/g))
    first.add(`assets/${name}`);
}
let total = gzipSync(page).length;
for (const path of first) {
  const bytes = gzipSync(await readFile(join(DIST, path))).length;
  total += bytes;
  console.log(`${(bytes / 1024).toFixed(1).padStart(8)} KiB  ${path}`);
}
const all = (await readdir(join(DIST, "assets"))).length;
console.log(
  `${(total / 1024).toFixed(1).padStart(8)} KiB  first load, gzipped (${all} files in all, at most ${FIRST_LOAD_KIB_MAX} KiB)`,
);
if (total / 1024 > FIRST_LOAD_KIB_MAX) {
  console.error("the first load is too large: import what is not needed at once with import()");
  process.exit(1);
}
