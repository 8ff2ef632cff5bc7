import { type SessionKey, type SessionService, withSummaries } from "@sessionfold/core";
import { figure } from "../measure.ts";
import type { BenchedStore } from "./benched-stores.ts";
import { said } from "./long-session.ts";

const APPENDS = 2_000;
const SESSIONS_AT_ONCE = 16;

/** Appends a second: to one session, one after the other, and to several sessions at once; plain, and decorated. */
export async function measureAppends({ name, service }: BenchedStore): Promise<void> {
  const decorated = withSummaries(service, { mode: "manual" });
  for (const [how, used] of [
    ["plain", service],
    ["decorated", decorated],
  ] as const) {
    const one = await appendsASecond(used, `${name} ${how}`, 1);
    const many = await appendsASecond(used, `${name} ${how}`, SESSIONS_AT_ONCE);
    console.log(
      `${name}: appends a second, ${how}   one session ${figure(one, 0)}   ${SESSIONS_AT_ONCE} at once ${figure(many, 0)}`,
    );
  }
}

async function appendsASecond(service: SessionService, userId: string, sessions: number): Promise<number> {
  const keys = Array.from({ length: sessions }, (_, at): SessionKey => {
    return { appName: "bench", userId, sessionId: `appends-${sessions}-${at}` };
  });
  for (const key of keys) await service.createSession(key);
  const start = performance.now();
  await Promise.all(
    keys.map(async (session) => {
      for (let at = 0; at < APPENDS / sessions; at++) await service.appendEvent({ session, event: said(at) });
    }),
  );
  return (APPENDS / (performance.now() - start)) * 1000;
}
