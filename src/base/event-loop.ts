/** Lets what is ready run: resolves after so many rounds of the event loop. */
export async function roundsOfEventLoop(count: number): Promise<void> {
  for (let round = 0; round < count; round += 1) await new Promise((done) => setImmediate(done));
}
