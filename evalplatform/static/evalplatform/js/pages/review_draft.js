// What was typed is on the server within a second of the first change, one request after the other. `number` is that of
// the newest draft this page knows: the server refuses to write over a newer one. A form without a place on the server
// for drafts is kept in this tab, until it is saved.

const WAIT = 1000;
const RETRY = 3000;
const MOST_KEPT_ALIVE = 60_000; // bytes a browser sends for a page that is gone

export class Draft {
  constructor({ desk, form, ask, read, onConflict }) {
    Object.assign(this, { desk, form, ask, read, onConflict });
    this.number = Number(desk.dataset.number);
    this.place = form.querySelector("[data-state]");
    this.isDirty = false;
    this.isFailing = false;
    this.isStopped = false;
    this.sending = null;
    this.savedAt = 0;
    this.clock = setInterval(() => this.tell(), 1000);
    this.isHere = !desk.dataset.draftUrl;
    this.key = `draft ${desk.dataset.item}`;
  }

  // What was left in this tab of the same item, unless something was said of it since.
  left() {
    const kept = this.isHere ? JSON.parse(sessionStorage.getItem(this.key) ?? "null") : null;
    return kept?.number === this.number ? kept.draft : null;
  }

  changed() {
    if (this.isStopped) return;
    this.isDirty = true;
    this.timer ??= setTimeout(() => this.flush(), WAIT);
  }

  // True when everything typed is on the server.
  async flush() {
    this.unwait();
    await this.sending;
    if (!this.isDirty || this.isStopped) return !this.isDirty;
    this.sending = this.send();
    const isKept = await this.sending;
    this.sending = null;
    return isKept;
  }

  async send() {
    this.isDirty = false;
    if (this.isHere) {
      sessionStorage.setItem(this.key, JSON.stringify({ number: this.number, draft: this.read() }));
      return true;
    }
    const body = JSON.stringify({ number: this.number, draft: this.read() });
    const answer = await this.ask(this.desk.dataset.draftUrl, "PUT", body, { keepalive: body.length < MOST_KEPT_ALIVE });
    if (this.isStopped) return false;
    if (answer.status === 200) {
      this.number = answer.body.number;
      this.savedAt = Date.now();
      this.fail("");
      this.tell();
      return true;
    }
    this.isDirty = true;
    if (answer.status === 409) {
      this.isStopped = true;
      this.onConflict(answer.body);
    } else {
      this.fail(answer.body.message);
      this.timer ??= setTimeout(() => this.flush(), RETRY);
    }
    return false;
  }

  fail(why) {
    this.isFailing = Boolean(why);
    this.form.querySelector("[data-unsaved]").hidden = !why;
    this.form.querySelector("[data-unsaved-why]").textContent = why;
  }

  tell() {
    if (!this.savedAt) return;
    const seconds = Math.round((Date.now() - this.savedAt) / 1000);
    this.place.textContent = `draft saved ${seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`} ago`;
  }

  // Nothing more is sent by itself; what is on its way has arrived.
  async settle() {
    this.unwait();
    await this.sending;
  }

  resume() {
    this.isStopped = false;
    this.isDirty = true;
  }

  forget({ isSaved = false } = {}) {
    if (this.isHere && isSaved) sessionStorage.removeItem(this.key);
    this.isDirty = false;
    this.isFailing = false;
    this.end();
  }

  leave() {
    if (this.isDirty && !this.isStopped) this.send();
  }

  unwait() {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  end() {
    this.isStopped = true;
    this.unwait();
    clearInterval(this.clock);
  }
}
