import { afterAll, expect, onTestFinished, test, vi } from "vitest";
import { Connection } from "../../../packages/sqlite/src/connection.ts";
import { u } from "../../support/events.ts";
import { OpenedFiles } from "./opened-files.ts";

const files = new OpenedFiles();
afterAll(() => files.remove());

test.each([undefined, 'of "all", é'])(
  "a page of sessions of the user %s is read at once, each with its own state and what it shares",
  async (userId) => {
    const service = files.create();
    const keys = ['of "all", é', "another", "of no state"].flatMap((user) =>
      Array.from({ length: 10 }, (_, at) => ({ appName: "app", userId: user, sessionId: `["s${at}"]` })),
    );
    for (const [at, key] of keys.entries()) {
      await service.createSession(key);
      if (key.userId === "of no state") continue;
      const stateDelta = {
        own: at,
        [`b${at}`]: [at],
        a: 1,
        "user:z": key.userId,
        "user:at": at,
        "app:last": at,
      };
      const message = u("said", { actions: { stateDelta } });
      await service.appendEvent({ session: { ...key }, event: message });
    }
    await service.createSession({
      appName: "app2",
      userId: "another",
      sessionId: "s0",
      state: { "user:z": 9, "app:last": 9 },
    });
    const reads = (["all", "get"] as const).map((name) => vi.spyOn(Connection.prototype, name));
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    const { sessions, nextCursor } = await service.listSessions({ appName: "app", userId, limit: 8 });
    const rest = await service.listSessions({ appName: "app", userId, cursor: nextCursor, limit: 100 });
    expect(reads.map(({ mock }) => mock.calls.length)).toEqual([4, 0]);
    const listed = [...sessions, ...rest.sessions];
    expect(listed).toHaveLength(userId === undefined ? 30 : 10);
    for (const session of listed) {
      const read = await service.getSession(session);
      expect(JSON.stringify(session)).toBe(JSON.stringify({ ...read, events: [] }));
    }
    expect(listed[1]?.state).toMatchObject({ own: 1, "user:at": 9, "app:last": 19 });
    await service.close();
  },
);
