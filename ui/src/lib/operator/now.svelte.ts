/** The time, a step every quarter of a second so that no second is seen late. */
class Now {
  ms = $state(Date.now());

  constructor() {
    setInterval(() => {
      const ms = Date.now();
      // Pages redraw once a second, not four times.
      if (Math.floor(ms / 1000) !== Math.floor(this.ms / 1000)) this.ms = ms;
    }, 250);
  }
}

export const now = new Now();
