import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

/** A package imports only packages before it in this list. */
const PACKAGES = ["core", "conformance", "langchain", "sqlite", "postgres", "activity", "cli"];
/** Inside core, a folder imports only folders before it in this list. */
const CORE_ROOMS = [
  "shared",
  "events",
  "tokens",
  "summaries",
  "triggers",
  "planning",
  "summarizers",
  "engine",
  "sessions",
  "storage",
  "presets",
];
/** Folders whose files are implementations of one thing: none of them knows another. */
const SIBLINGS_APART = ["triggers/thresholds"];
const LONGEST_FILE = 400;

const root = resolve(import.meta.dirname, "../..");

function sources(folder: string): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (name === "node_modules" || name === "dist") return [];
    if (statSync(path).isDirectory()) return sources(path);
    return name.endsWith(".ts") && !name.endsWith(".d.ts") ? [path] : [];
  });
}

function importsOf(file: string): readonly string[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/(?:^|\n)\s*(?:import|export)\b[^"';]*?from\s*"([^"]+)"/g)].map(
    (match) => match[1] ?? "",
  );
}

const packages = readdirSync(join(root, "packages"));

describe("import directions", () => {
  test("only known packages exist, and each imports only those above it", () => {
    for (const name of packages) {
      expect(PACKAGES).toContain(name);
      for (const file of sources(join(root, "packages", name, "src"))) {
        for (const specifier of importsOf(file)) {
          const other = /^@sessionfold\/([a-z-]+)/.exec(specifier)?.[1];
          if (other === undefined) continue;
          const isAbove = PACKAGES.indexOf(other) < PACKAGES.indexOf(name);
          expect(isAbove, `${relative(root, file)} imports ${specifier}`).toBe(true);
        }
      }
    }
  });

  test("inside core, a room imports only rooms above it", () => {
    const src = join(root, "packages/core/src");
    const rooms = readdirSync(src).filter((name) => statSync(join(src, name)).isDirectory());
    expect([...rooms].sort()).toEqual([...CORE_ROOMS].sort());
    let seen = 0;
    for (const room of rooms) {
      for (const file of sources(join(src, room))) {
        for (const specifier of importsOf(file).filter((name) => name.startsWith("."))) {
          const target = relative(src, resolve(dirname(file), specifier)).split("/")[0] ?? "";
          seen++;
          const allowed =
            CORE_ROOMS.indexOf(target) >= 0 && CORE_ROOMS.indexOf(target) <= CORE_ROOMS.indexOf(room);
          expect(allowed, `${relative(root, file)} imports ${specifier}`).toBe(true);
        }
      }
    }
    expect(seen).toBeGreaterThan(100);
  });

  test("no file inside a package imports its own index, and implementations do not know each other", () => {
    for (const name of packages) {
      const src = join(root, "packages", name, "src");
      for (const file of sources(src)) {
        const isIndex = file.endsWith("/index.ts");
        for (const specifier of importsOf(file).filter((path) => path.startsWith("."))) {
          const target = relative(src, resolve(dirname(file), specifier));
          if (!isIndex)
            expect(target, `${relative(root, file)} imports ${specifier}`).not.toMatch(/(^|\/)index\.ts$/);
          const folder = dirname(relative(src, file));
          if (SIBLINGS_APART.includes(folder)) expect(dirname(target), relative(root, file)).not.toBe(folder);
        }
      }
    }
  });

  test("core does no input or output: no node modules, no process, no timers but the deadline's", () => {
    for (const file of sources(join(root, "packages/core/src")).filter(
      (path) => !path.endsWith(".test.ts"),
    )) {
      const text = readFileSync(file, "utf8");
      expect(
        importsOf(file).filter((name) => name.startsWith("node:")),
        relative(root, file),
      ).toEqual([]);
      expect(/\bprocess\.\w/.test(text), relative(root, file)).toBe(false);
      if (!file.endsWith("deadline.ts"))
        expect(/\bset(Timeout|Interval)\(/.test(text), relative(root, file)).toBe(false);
    }
  });
});

describe("size and types", () => {
  const all = ["packages", "examples", "test"].flatMap((folder) => sources(join(root, folder)));
  const product = all.filter((file) => !file.endsWith(".test.ts"));

  test(`no file is longer than ${LONGEST_FILE} lines`, () => {
    const long = all.filter((file) => readFileSync(file, "utf8").split("\n").length > LONGEST_FILE + 1);
    expect(long.map((file) => relative(root, file))).toEqual([]);
  });

  test("the median product file has at most 120 lines, nine of ten at most 250", () => {
    const lengths = product
      .map((file) => readFileSync(file, "utf8").split("\n").length)
      .sort((a, b) => a - b);
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThanOrEqual(120);
    expect(lengths[Math.floor(lengths.length * 0.9)]).toBeLessThanOrEqual(250);
  });

  test("nothing is typed `any`, skipped for good, or hidden from the compiler", () => {
    for (const file of all.filter((path) => !path.endsWith("imports.test.ts"))) {
      const text = readFileSync(file, "utf8");
      for (const loose of [
        /@ts-(ignore|nocheck)/,
        /\bas any\b/,
        /:\s*any\b/,
        /\.(only|skip)\(/,
        /\b(TODO|FIXME|XXX)\b/,
      ]) {
        expect(loose.test(text), `${relative(root, file)} has ${loose}`).toBe(false);
      }
    }
  });
});
