/** One of several summarizers took longer than its share of the time. */
export class ShareTimedOut extends Error {
  override readonly name = "TimeoutError";
  constructor() {
    super("The summarizer took longer than its share of the time limit");
  }
}
