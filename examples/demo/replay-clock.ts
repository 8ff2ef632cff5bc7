import type { TranscriptEvent } from "./formats/transcript.ts";

/** The time of a replay: that of the event which was replayed last. */
export interface ReplayClock {
  readonly now: () => number;
  /** Goes on to an event and returns its time; an event without one comes a second after the event before it. */
  advance(event: TranscriptEvent): number;
  restart(): void;
}

/**
 * Summaries are dated, and thresholds in seconds judged, by the times in the transcript. A transcript without times
 * happens now.
 */
export function replayClock(): ReplayClock {
  let time = Date.now();
  return {
    now: () => time,
    advance: (event) => {
      time = event.timestamp ?? time + 1000;
      return time;
    },
    restart: () => {
      time = Date.now();
    },
  };
}
