import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const packages = readdirSync(join(root, "packages"));

/** What names a session means the same everywhere and is said once, at `SessionKey`. */
const KEY_FIELDS = new Set(["appName", "userId"]);

interface Manifest {
  readonly name: string;
  readonly type: string;
  readonly license: string;
  readonly files: readonly string[];
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

describe.each(packages)("package %s", (name) => {
  const manifest = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8")) as Manifest;

  test("has the export map that all packages have", () => {
    expect(manifest.name).toBe(`@sessionfold/${name}`);
    expect(manifest.type).toBe("module");
    expect(manifest.license).toBe("MIT");
    expect(manifest.files).toContain("dist");
    for (const [path, conditions] of Object.entries(manifest.exports)) {
      const file = path === "." ? "index" : `${path.slice(2)}/index`;
      expect(conditions).toEqual({
        "@sessionfold/source": `./src/${file}.ts`,
        types: `./dist/${file}.d.ts`,
        default: `./dist/${file}.js`,
      });
    }
  });

  test("documents every export where it is declared", () => {
    const src = join(root, "packages", name, "src");
    const index = readFileSync(join(src, "index.ts"), "utf8");
    const undocumented: string[] = [];
    let checked = 0;
    for (const [, list = "", path = ""] of index.matchAll(/export (?:type )?\{([^}]*)\} from "([^"]+)"/g)) {
      const text = readFileSync(join(src, path), "utf8");
      for (const exported of list.split(",").map((item) => item.replace(/\btype\b/, "").trim())) {
        if (exported === "") continue;
        checked++;
        const declared = new RegExp(
          `\\*/\\n(?:@[^\\n]*\\n)?export (?:abstract )?(?:async )?(?:class|function|interface|type|const) ${exported}\\b`,
        );
        if (!declared.test(text)) undocumented.push(`${exported} (${path})`);
      }
    }
    expect(undocumented).toEqual([]);
    expect(checked).toBeGreaterThan(0);
  });

  test("documents every option where it is typed", () => {
    const src = join(root, "packages", name, "src");
    const presets = join(src, "presets/index.ts");
    const index =
      readFileSync(join(src, "index.ts"), "utf8") +
      (existsSync(presets) ? readFileSync(presets, "utf8") : "");
    const missing: string[] = [];
    let checked = 0;
    for (const file of readdirSync(src, { recursive: true, encoding: "utf8" }).filter((path) =>
      path.endsWith(".ts"),
    )) {
      const text = readFileSync(join(src, file), "utf8");
      const options =
        /export interface (\w*(?:Options|Overrides|Preset|Request|Query))\b[^{]*\{([\s\S]*?)\n\}/g;
      for (const [, title = "", body = ""] of text.matchAll(options)) {
        if (!new RegExp(`\\b${title}\\b`).test(index)) continue;
        const lines = body.split("\n");
        lines.forEach((line, at) => {
          const option = /^ {2}(?:readonly )?(\w+)\??:/.exec(line)?.[1];
          if (option === undefined || KEY_FIELDS.has(option)) return;
          checked++;
          if (!/\*\/\s*$/.test(lines[at - 1] ?? "")) missing.push(`${title}.${option} (${file})`);
        });
      }
    }
    expect(missing).toEqual([]);
    expect(checked).toBeGreaterThan(0);
  });
});
