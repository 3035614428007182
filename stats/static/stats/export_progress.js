/** How far a file is, asked for once a second until it is ready or failed. */
export const ASK_EVERY_MS = 1000;
const LONGEST_WAIT_MS = 30_000;

/**
 * `ask` answers the export's state, `show` puts it on the page, `finish` is called once when nothing more will come,
 * `trouble` when nobody answered. Questions are further apart the longer nobody answers.
 */
export class ExportProgress {
  constructor({ ask, show, finish, trouble, schedule = (call, wait) => setTimeout(call, wait) }) {
    Object.assign(this, { ask, show, finish, trouble, schedule });
    this.failures = 0;
  }

  async look() {
    let state;
    try {
      state = await this.ask();
    } catch (error) {
      this.failures += 1;
      this.trouble(error);
      return this.schedule(() => this.look(), Math.min(ASK_EVERY_MS * 2 ** this.failures, LONGEST_WAIT_MS));
    }
    this.failures = 0;
    if (state === null || state.state === "done" || state.state === "failed") return this.finish();
    this.show(state);
    return this.schedule(() => this.look(), ASK_EVERY_MS);
  }
}
