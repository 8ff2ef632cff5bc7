import { AIMessage, HumanMessage } from "@langchain/core/messages";
import type { Session, SessionEvent } from "@sessionfold/core";
import { equal, holds } from "../asserts/asserts.ts";
import { appendAll, asJson, fullOf, KEY, logOf, textOf } from "../kit/reading.ts";
import { agent, turns } from "../kit/said.ts";
import type { ServiceKit } from "../kit/service-kit.ts";
import { type CheckedRule, rulesOf } from "../rule.ts";

/** Whose the objects are: what goes in and what comes out is the caller's to keep. */
export const OWNERSHIP_RULES: readonly CheckedRule<ServiceKit>[] = rulesOf("ownership", {
  "owned-input": {
    title: "changes to what was handed in, made after the call, change nothing",
    why: "Frameworks reuse and extend their messages; the log holds what was said when it was said.",
    async check(kit) {
      const service = await kit.service();
      const state = { list: [1] };
      await service.createSession({ ...KEY, state });
      const message = new AIMessage({
        content: [{ type: "text", text: "as said" }],
        tool_calls: [{ id: "c", name: "t", args: { q: "as asked" } }],
      });
      const stateDelta = { deep: { list: ["a"] } };
      await service.appendEvent({ session: KEY, event: { id: "e1", message, actions: { stateDelta } } });
      const before = (await logOf(service)).map(asJson);
      state.list.push(2);
      stateDelta.deep.list.push("b");
      spoil(message);
      equal((await logOf(service)).map(asJson), before, "The log after its input was changed");
      equal((await fullOf(service)).state, { list: [1], deep: { list: ["a"] } }, "The state");
    },
  },
  "owned-output": {
    title: "changes to what was handed out change nothing",
    why: "A caller that trims the events for a prompt must not trim the log.",
    async check(kit) {
      const service = await kit.service();
      const made = await service.createSession({ ...KEY, state: { list: [1], "app:list": [1] } });
      const returned: SessionEvent[] = [];
      for (const event of turns(2)) returned.push(await service.appendEvent({ session: KEY, event }));
      const before = (await logOf(service)).map(asJson);
      const { state } = structuredClone({ state: (await fullOf(service)).state });
      for (const event of returned) spoilEvent(event);
      const listed = await service.listSessions({ appName: KEY.appName });
      for (const session of [made, await fullOf(service), ...listed.sessions]) spoilSession(session);
      equal((await logOf(service)).map(asJson), before, "The log after its output was changed");
      equal((await fullOf(service)).state, state, "The state after the output was changed");
    },
  },
  "owned-session": {
    title: "an append puts the event into the session that the caller holds, once, as a copy",
    why: "Agent kits go on with the session they hold; a repeated append must not show the event twice.",
    async check(kit) {
      const service = await kit.service();
      const session = await service.createSession(KEY);
      const event = agent("hello", { id: "e1" });
      await service.appendEvent({ session, event });
      await service.appendEvent({ session, event });
      equal(
        session.events.map(({ id }) => id),
        ["e1"],
        "The events of the caller's session",
      );
      for (const held of session.events) spoilEvent(held);
      equal((await logOf(service)).map(textOf), ["hello"], "The log after the caller's copy was changed");
      await appendAll(service, turns(1), { ...KEY });
      holds(session.events.length === 1, "Expected an append through another copy to leave this one alone");
    },
  },
});

function spoilSession(session: Session): void {
  for (const event of session.events) spoilEvent(event);
  session.events.length = 0;
  for (const value of Object.values(session.state)) if (Array.isArray(value)) value.push("spoiled");
  session.state.spoiled = true;
}

function spoilEvent(event: SessionEvent): void {
  if (event.message !== undefined) spoil(event.message);
  Object.assign(event.actions, { pinned: true });
}

function spoil(message: unknown): void {
  const spoiled = message as { content: unknown; tool_calls?: { args: Record<string, unknown> }[] };
  for (const call of spoiled.tool_calls ?? []) call.args.q = "spoiled";
  if (Array.isArray(spoiled.content)) spoiled.content.push({ type: "text", text: "spoiled" });
  else spoiled.content = new HumanMessage("spoiled").content;
}
