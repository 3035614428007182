/** Runs the ES modules' tests (static/<app>/tests/*.test.js) with Node's own runner. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const FOLDERS = ["webinars", "presence", "stats"].map((app) => join(app, "static", app, "tests"));

const files = FOLDERS.filter((folder) => existsSync(join(ROOT, folder))).flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith(".test.js"))
    .map((name) => join(folder, name)),
);
const { status } = spawnSync(process.execPath, ["--test", ...files], { cwd: ROOT, stdio: "inherit" });
process.exitCode = status ?? 1;
