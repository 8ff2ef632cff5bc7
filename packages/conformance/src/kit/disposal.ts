/** Runs a task and then, whatever became of it, all that was put off until then, the latest first. */
export async function withDisposal(
  task: (later: (dispose: () => unknown) => void) => Promise<void>,
): Promise<void> {
  const disposals: (() => unknown)[] = [];
  const disposeAll = async (): Promise<void> => {
    for (const dispose of disposals.reverse()) await dispose();
  };
  try {
    await task((dispose) => disposals.push(dispose));
  } catch (error) {
    // What the rule found counts; a service in that state may well fail to close.
    await disposeAll().catch(() => undefined);
    throw error;
  }
  await disposeAll();
}
