import type { TranscriptEvent } from "./formats/transcript.ts";

/** The time of a replay: that of the event which was replayed last. */
export interface ReplayClock {
  readonly now: () => number;
  /** Goes on to an event and returns its time; an event without one comes a second after the event before it. */
  advance(event: TranscriptEvent): number;
  restart(): void;
}

const START = Date.UTC(2025, 0, 1);

/**
 * Summaries are dated, and thresholds in seconds judged, by the times in the transcript instead of by those of the
 * replay. So two replays of a file are the same.
 */
export function replayClock(): ReplayClock {
  let time = START;
  return {
    now: () => time,
    advance: (event) => {
      time = event.timestamp ?? time + 1000;
      return time;
    },
    restart: () => {
      time = START;
    },
  };
}
