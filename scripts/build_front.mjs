/**
 * Bundles the front end into static_build/build/, where Django's static files find it.
 *
 * Everything is bundled in one esbuild run with code splitting: a module that two entries share is
 * one chunk, loaded once, so it keeps one state for the page; hls.js is a chunk of its own that is
 * fetched only when a webinar is played by it. Entries whose file does not exist are left out, so
 * that an app can be taken away without touching this list.
 */
import { existsSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import * as esbuild from "esbuild";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const OUT = join(ROOT, "static_build", "build");
const LIVE_BUDGET_BYTES = 60 * 1024;
const LIVE_PAGE = /\/(site|live|presence)\.js$/;

const ENTRIES = {
  site: "webinars/static/webinars/site.js",
  landing: "webinars/static/webinars/landing.js",
  live: "webinars/static/webinars/live.js",
  presence: "presence/static/presence/live_presence.js",
  console_tabs: "webinars/static/webinars/console_tabs.js",
  console_copy: "webinars/static/webinars/console_copy.js",
  console_room: "webinars/static/webinars/console_room.js",
  console_live: "stats/static/stats/console_live.js",
  console_attendance: "stats/static/stats/console_attendance.js",
  console_statistics: "stats/static/stats/console_statistics.js",
  console_export: "stats/static/stats/console_export.js",
};

/** The page's style: the font's subsets from npm first, then the sheets of the apps that exist. */
const STYLES = {
  app: [
    "pretendard/dist/web/variable/pretendardvariable-dynamic-subset.css",
    "./webinars/static/webinars/css/index.css",
  ],
  console: [
    "pretendard/dist/web/variable/pretendardvariable-dynamic-subset.css",
    "uplot/dist/uPlot.min.css",
    "./webinars/static/webinars/css/console.css",
    "./webinars/static/webinars/css/console_lists.css",
    "./webinars/static/webinars/css/allowed_emails.css",
    "./stats/static/stats/css/live_tab.css",
    "./stats/static/stats/css/export.css",
    "./stats/static/stats/css/definitions.css",
    "./stats/static/stats/css/attendance.css",
    "./stats/static/stats/css/statistics.css",
  ],
  room_panel: [
    "./webinars/static/webinars/css/controls.css",
    "./webinars/static/webinars/css/chat.css",
    "./webinars/static/webinars/css/composer.css",
    "./webinars/static/webinars/css/notice.css",
    "./webinars/static/webinars/css/moderation.css",
    "./webinars/static/webinars/css/questions.css",
    "./webinars/static/webinars/css/question_forms.css",
    "./webinars/static/webinars/css/console_room.css",
  ],
};

const options = (entryPoints) => ({
  absWorkingDir: ROOT,
  entryPoints,
  outdir: OUT,
  bundle: true,
  format: "esm",
  splitting: true,
  minify: true,
  target: ["es2022", "chrome109", "firefox115", "safari16"],
  chunkNames: "chunks/[name]-[hash]",
  assetNames: "fonts/[name]-[hash]",
  loader: { ".woff2": "file" },
  plugins: [stylePlugin],
  metafile: true,
  logLevel: "warning",
});

const stylePlugin = {
  name: "styles",
  setup(build) {
    build.onResolve({ filter: /^style:/ }, ({ path }) => ({ path, namespace: "style" }));
    build.onLoad({ filter: /.*/, namespace: "style" }, ({ path }) => ({
      contents: STYLES[path.slice("style:".length)]
        .filter((sheet) => !sheet.startsWith("./") || existsSync(join(ROOT, sheet)))
        .map((sheet) => `@import "${sheet}";`)
        .join("\n"),
      loader: "css",
      resolveDir: ROOT,
    }));
  },
};

function presentEntries() {
  const found = Object.entries(ENTRIES).filter(([, path]) => existsSync(join(ROOT, path)));
  const styles = Object.keys(STYLES).map((name) => [name, `style:${name}`]);
  return Object.fromEntries([...found, ...styles]);
}

/** Bytes of some outputs and of all they import at once, without what they import lazily. */
function weigh(outputs, names) {
  const seen = new Set();
  const visit = (path) => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const { path: next, kind } of outputs[path].imports) {
      if (kind === "import-statement" && outputs[next]) visit(next);
    }
  };
  names.forEach(visit);
  let raw = 0;
  let packed = 0;
  for (const path of seen) {
    const bytes = readFileSync(join(ROOT, path));
    raw += bytes.length;
    packed += gzipSync(bytes, { level: 9 }).length;
  }
  return { raw, packed };
}

const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`.padStart(10);

function report(metafile) {
  const { outputs } = metafile;
  const print = (name, { raw, packed }) =>
    console.log(`${name.padEnd(28)}${kilobytes(raw)}${kilobytes(packed)} gzip`);
  const entries = Object.keys(outputs).filter((path) => outputs[path].entryPoint).sort();
  entries.forEach((path) => print(relative("static_build", path), weigh(outputs, [path])));
  const live = weigh(outputs, entries.filter((path) => LIVE_PAGE.test(path)));
  print("the live page's JavaScript", live);
  const fonts = join(OUT, "fonts");
  if (existsSync(fonts)) {
    const sizes = readdirSync(fonts).map((name) => statSync(join(fonts, name)).size);
    console.log(`${sizes.length} font subsets, ${kilobytes(sizes.reduce((a, b) => a + b, 0)).trim()} in all`);
  }
  if (live.packed > LIVE_BUDGET_BYTES) {
    console.error(`The live page's own JavaScript is ${kilobytes(live.packed).trim()} compressed; the limit is 60 KB.`);
    process.exitCode = 1;
  }
}

rmSync(OUT, { recursive: true, force: true });
if (process.argv.includes("--watch")) {
  const context = await esbuild.context(options(presentEntries()));
  await context.watch();
  console.log("Watching; Ctrl-C stops.");
} else {
  const { metafile } = await esbuild.build(options(presentEntries()));
  report(metafile);
}
