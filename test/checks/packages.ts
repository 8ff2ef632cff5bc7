import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** Checks what would be published: packs each package and lets publint and attw look at the tarball. */
const root = resolve(import.meta.dirname, "../..");
const bin = (name: string): string => join(root, "node_modules/.bin", name);

for (const name of readdirSync(join(root, "packages"))) {
  const folder = join(root, "packages", name);
  const packed = mkdtempSync(join(tmpdir(), "sessionfold-pack-"));
  try {
    execFileSync("npm", ["pack", "--silent", "--pack-destination", packed], { cwd: folder, stdio: "pipe" });
    const [tarball = ""] = readdirSync(packed);
    execFileSync(bin("publint"), ["run", "--strict", join(packed, tarball)], { stdio: "inherit" });
    execFileSync(bin("attw"), [join(packed, tarball), "--profile", "esm-only", "--no-color"], {
      stdio: "inherit",
    });
  } finally {
    rmSync(packed, { recursive: true, force: true });
  }
}
