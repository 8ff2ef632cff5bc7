import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync, statfsSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** A disk that is soon full, and on which room can be made. */
export interface SmallDisk {
  /** How it is kept small. */
  readonly kind: "tmpfs" | "page limit";
  readonly folder: string;
  /** Takes what room is left, as others do who write to the same disk. */
  fill(): void;
  /** Makes room again, as somebody does who deletes other files or adds a disk. */
  free(): void;
  remove(): void;
}

const isRoot = process.getuid?.() === 0;
const SIZE = 2 * 1024 * 1024;
/** What others have on that disk. */
const OTHERS = 768 * 1024;
/** Pages of 4 KiB that a file may have where no small disk can be had. */
const PAGES = 200;

function asRoot(...command: readonly string[]): void {
  const [program = "", ...rest] = isRoot ? command : ["sudo", "-n", ...command];
  execFileSync(program, rest, { stdio: "ignore" });
}

function mountAt(folder: string): void {
  asRoot("mount", "-t", "tmpfs", "-o", `size=${SIZE}`, "none", folder);
}

/** Whether this process may mount a file system of its own, as itself or as root without a password. */
export function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "sessionfold-disk-"));
  try {
    mountAt(folder);
    asRoot("umount", folder);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A small disk of memory. */
export function smallTmpfs(): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), "sessionfold-disk-"));
  mountAt(folder);
  if (!isRoot) asRoot("chmod", "1777", folder);
  if (statfsSync(folder).blocks * statfsSync(folder).bsize > SIZE) throw new Error("Expected a small disk");
  const others = join(folder, "others");
  writeFileSync(others, new Uint8Array(OTHERS).fill(1));
  return {
    kind: "tmpfs",
    folder,
    fill: () => {
      // All that fits is written before the disk is found to be full.
      const left = statfsSync(folder);
      appendFileSync(others, new Uint8Array(left.bavail * left.bsize).fill(1));
    },
    free: () => truncateSync(others),
    remove: () => {
      asRoot("umount", folder);
      rmSync(folder, { recursive: true });
    },
  };
}

/**
 * Databases that SQLite itself keeps from growing, as a full disk does: every connection that is opened from now on has so
 * many pages, until `free` is called.
 */
export function smallFiles(): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), "sessionfold-disk-"));
  const opened: DatabaseSync[] = [];
  const { exec } = DatabaseSync.prototype;
  let limit = PAGES;
  DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string): void {
    if (!opened.includes(this)) {
      opened.push(this);
      exec.call(this, `PRAGMA max_page_count = ${limit}`);
    }
    exec.call(this, sql);
  };
  return {
    kind: "page limit",
    folder,
    fill: () => {
      limit = 1;
    },
    free: () => {
      limit = 100 * PAGES;
      for (const database of opened)
        if (database.isOpen) exec.call(database, `PRAGMA max_page_count = ${limit}`);
    },
    remove: () => {
      DatabaseSync.prototype.exec = exec;
      rmSync(folder, { recursive: true });
    },
  };
}
