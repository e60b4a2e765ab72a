/** Resolves once `condition` holds; fails after `limit` milliseconds, so that nothing goes on waiting. */
export const until = async (condition: () => boolean | Promise<boolean>, limit = 10_000, pause = 2): Promise<void> => {
  const deadline = performance.now() + limit;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${limit} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
};
