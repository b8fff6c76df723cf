/**
 * Whether the service keeps what was typed.
 *
 * It works through what one socket sends in order, and answers a question only when all before it is kept. So after edits a
 * question is sent, and its answer is the acknowledgement of everything that was sent before it.
 */
export type SaveState =
  | { kind: "saved" }
  | { kind: "saving" }
  /** The service is away; the change is kept in this browser and sent when it is back. */
  | { kind: "offline" }
  /** The service does not take it; the change is kept in this browser. */
  | { kind: "refused"; message: string; hint?: string }
  /** This person may look and not change. */
  | { kind: "read-only" };

/** What asking needs of the world. */
interface Outside {
  /** Sends the question after everything that was sent before. */
  ask(): void;
  /** Gives up a connection that does not answer, and makes another. */
  renew(): void;
  after(ms: number, act: () => void): () => void;
}

export interface Saved {
  state: SaveState;
}

/** Keystrokes within this are asked about once. */
const ASK_MS = 200;
/** A connection that does not answer for so long is none. */
const LATE_MS = 8000;

/** The question that a connection begins with. What was typed before it is not sent yet, so its answer says nothing. */
const GREETING = 0;

export class Saver {
  saved: Saved = { state: { kind: "saving" } };
  private readonly listeners = new Set<() => void>();
  /** Edits so far; what was in the document at the beginning may be known here only, so it counts as one. */
  private edits = 1;
  /** How many of them the service keeps. */
  private kept = 0;
  /** How many edits were sent before each question that is not answered yet. */
  private asked: number[] = [];
  /** Whether this connection has been sent everything that was typed before it. */
  private isTold = false;
  private cancelAsk: (() => void) | null = null;
  private cancelLate: (() => void) | null = null;

  constructor(private readonly outside: Outside) {}

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  /** This person changed the document. */
  edited() {
    this.edits++;
    const { kind } = this.saved.state;
    if (kind === "saved") this.show({ kind: "saving" });
    this.askSoon();
  }

  /** A connection is there; it has been greeted. */
  connected() {
    this.asked = [GREETING];
    this.isTold = false;
    if (this.isWritable) this.show({ kind: "saving" });
    this.expectAnswer();
  }

  /** The service has been sent everything that it did not have. */
  told() {
    this.isTold = true;
    this.ask();
  }

  answered() {
    this.kept = Math.max(this.kept, this.asked.shift() ?? GREETING);
    this.cancelLate?.();
    if (this.asked.length > 0) this.expectAnswer();
    if (!this.isWritable) return;
    if (this.kept >= this.edits) this.show({ kind: "saved" });
    else this.askSoon();
  }

  /** The connection is no more. What was sent last may have been lost with it. */
  gone() {
    this.forget();
    this.edits++;
    if (this.isWritable) this.show({ kind: "offline" });
  }

  /** The service will not take it, however often it is sent. */
  refused(message: string, hint?: string) {
    this.forget();
    this.show({ kind: "refused", message, ...(hint && { hint }) });
  }

  /** This person's right to change the document was taken away, or given. */
  mayWrite(may: boolean) {
    if (!may) return this.show({ kind: "read-only" });
    if (this.saved.state.kind !== "read-only") return;
    this.show({ kind: "saving" });
    this.askSoon();
  }

  /** Resolves when all that was typed is kept, or it is known that it is not. What came of it is in the state. */
  async now(): Promise<void> {
    if (this.saved.state.kind !== "saving") return;
    if (this.isTold) this.ask();
    await new Promise<void>((resolve) => {
      const leave = this.subscribe(() => {
        if (this.saved.state.kind === "saving") return;
        leave();
        resolve();
      });
    });
  }

  close() {
    this.forget();
    this.listeners.clear();
  }

  private get isWritable() {
    return this.saved.state.kind !== "read-only";
  }

  private askSoon() {
    // With a question on its way, the next one follows its answer.
    if (!this.isTold || this.asked.length > 0) return;
    this.cancelAsk ??= this.outside.after(ASK_MS, () => this.ask());
  }

  private ask() {
    this.cancelAsk?.();
    this.cancelAsk = null;
    if (this.asked.at(-1) === this.edits) return;
    this.asked.push(this.edits);
    this.outside.ask();
    this.expectAnswer();
  }

  private expectAnswer() {
    this.cancelLate?.();
    this.cancelLate = this.outside.after(LATE_MS, () => this.outside.renew());
  }

  private forget() {
    this.asked = [];
    this.isTold = false;
    this.cancelAsk?.();
    this.cancelLate?.();
    this.cancelAsk = this.cancelLate = null;
  }

  private show(state: SaveState) {
    this.saved = { state };
    this.listeners.forEach((listener) => listener());
  }
}
