import { ALSO_BROKEN_CLAIMS, BROKEN_CLAIMS } from "./broken/claims.ts";
import { ALSO_BROKEN_DATA, BROKEN_DATA } from "./broken/data.ts";
import { BROKEN_EVENTS } from "./broken/events.ts";
import { BROKEN_KEYS } from "./broken/keys.ts";
import { ALSO_BROKEN_LISTS, BROKEN_LISTS } from "./broken/lists.ts";
import { BROKEN_LOGS } from "./broken/logs.ts";
import { ALSO_BROKEN_LONG, BROKEN_LONG } from "./broken/long.ts";
import { ALSO_BROKEN_NAMES, BROKEN_NAMES } from "./broken/names.ts";
import { ALSO_BROKEN_POSITIONS, BROKEN_POSITIONS } from "./broken/positions.ts";
import { ALSO_BROKEN_REST, BROKEN_REST } from "./broken/rest.ts";
import { BROKEN_SESSIONS } from "./broken/sessions.ts";
import { ALSO_BROKEN_SHARING, BROKEN_SHARING } from "./broken/sharing.ts";
import type { AlsoBroken, Broken } from "./broken/wrap.ts";

export { BROKEN_FOLDING } from "./broken/folding.ts";
export { ALSO_BROKEN_JOBS as ALSO_BROKEN_FOLDING } from "./broken/jobs.ts";

/** For every rule for session services, by its id, one that breaks it and is otherwise as it should be. */
export const BROKEN_SERVICES: Readonly<Record<string, Broken>> = {
  ...BROKEN_LOGS,
  ...BROKEN_LONG,
  ...BROKEN_EVENTS,
  ...BROKEN_KEYS,
  ...BROKEN_NAMES,
  ...BROKEN_LISTS,
  ...BROKEN_POSITIONS,
  ...BROKEN_DATA,
  ...BROKEN_REST,
  ...BROKEN_SHARING,
  ...BROKEN_CLAIMS,
  ...BROKEN_SESSIONS,
};

/** Other ways to break some of the rules. */
export const ALSO_BROKEN: readonly AlsoBroken[] = [
  ...ALSO_BROKEN_LONG,
  ...ALSO_BROKEN_NAMES,
  ...ALSO_BROKEN_LISTS,
  ...ALSO_BROKEN_POSITIONS,
  ...ALSO_BROKEN_CLAIMS,
  ...ALSO_BROKEN_SHARING,
  ...ALSO_BROKEN_REST,
  ...ALSO_BROKEN_DATA,
];
