import type { Transcript } from "./formats/transcript.ts";
import { plural } from "./numbers.ts";
import { UserError } from "./user-error.ts";

/**
 * The sessions to replay: all, or the one that `--session` names by id or by position from 1. Ids that repeat get a
 * number, since a service takes each id once.
 * @throws UserError when there is none of that name.
 */
export function chooseSessions(
  transcripts: readonly Transcript[],
  asked: string | undefined,
): readonly Transcript[] {
  const times = new Map<string, number>();
  const unique = transcripts.map((transcript) => {
    const time = (times.get(transcript.id) ?? 0) + 1;
    times.set(transcript.id, time);
    return time === 1 ? transcript : { ...transcript, id: `${transcript.id}#${time}` };
  });
  if (asked === undefined) return unique;
  const found = unique.find(({ id }) => id === asked) ?? unique[/^\d+$/.test(asked) ? Number(asked) - 1 : -1];
  if (found !== undefined) return [found];
  throw new UserError(
    `There is no session "${asked}" among ${plural(unique.length, "session")}. --session takes an id or a number from 1 to ${unique.length}.`,
  );
}
