/** Resolves once `condition` holds; fails after five seconds, so that nothing goes on waiting. */
export const until = async (condition: () => boolean): Promise<void> => {
  const deadline = performance.now() + 5000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within five seconds: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
};
