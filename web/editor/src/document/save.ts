/** Saves a document by itself, a moment after each change, and merges what others saved in the meantime. */
import type * as Y from "yjs";
import { ServiceError } from "../api/client";
import type { Problem, Workflow } from "../api/types";
import { same } from "./json";
import { LOADED, type Specs } from "./load";
import { merge } from "./merge";
import { project } from "./project";
import { reconcile } from "./reconcile";

export type SaveState =
  | { kind: "saved" }
  | { kind: "saving" }
  /** The service is away; the change is kept in this browser and saved when it is back. */
  | { kind: "offline" }
  /** The service does not take it; the change is kept in this browser. */
  | { kind: "refused"; message: string; hint?: string };

/** The version that this document last agreed on with the service. */
export interface Base {
  hash: string;
  workflow: Workflow;
}

/** What saving needs of the world. */
export interface Outside {
  put(workflow: Workflow, hash: string): Promise<{ hash: string; problems: Problem[] }>;
  get(): Promise<Base>;
  keep(base: Base): void;
  after(ms: number, act: () => void): () => void;
}

export interface Saved {
  state: SaveState;
  problems: Problem[];
}

const DELAY_MS = 600;
const RETRY_MS = [1000, 2000, 5000, 15000];

export class Saver {
  saved: Saved = { state: { kind: "saved" }, problems: [] };
  private readonly listeners = new Set<() => void>();
  private cancel: (() => void) | null = null;
  private busy: Promise<void> | null = null;
  private failures = 0;

  constructor(
    private readonly doc: Y.Doc,
    private readonly specs: Specs,
    private base: Base,
    private readonly outside: Outside,
  ) {
    doc.on("update", this.schedule);
  }

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  close() {
    this.doc.off("update", this.schedule);
    this.cancel?.();
  }

  private readonly schedule = () => {
    this.show({ kind: "saving" });
    this.wait(DELAY_MS);
  };

  private wait(ms: number) {
    this.cancel?.();
    this.cancel = this.outside.after(ms, () => void this.now());
  }

  /** Saves at once what is not saved. Never fails: what went wrong is in the state. */
  async now(): Promise<void> {
    this.cancel?.();
    this.cancel = null;
    while (this.busy) await this.busy;
    this.busy = this.save();
    await this.busy;
    this.busy = null;
  }

  /** Somebody else saved: takes over what they changed. */
  async heard(hash: string): Promise<void> {
    while (this.busy) await this.busy;
    if (hash === this.base.hash) return;
    this.busy = this.takeTheirs().catch(this.failed);
    await this.busy;
    this.busy = null;
  }

  /**
   * Agrees with the service on a version that it makes itself, such as an accepted proposal. Until then nothing is saved
   * and nothing is heard, so that the change comes into the document once, from `make`. Throws what `make` throws.
   */
  async agreeOn(make: (base: Base) => Promise<Base>): Promise<void> {
    while (this.busy) await this.busy;
    const made = make(this.base).then((base) => this.agree(base));
    this.busy = made.catch(() => undefined);
    await this.busy;
    this.busy = null;
    void this.now();
    await made;
  }

  private async save() {
    const workflow = project(this.doc);
    if (same(workflow, this.base.workflow)) return this.show({ kind: "saved" });
    this.show({ kind: "saving" });
    try {
      const { hash, problems } = await this.outside.put(workflow, this.base.hash);
      this.failures = 0;
      this.agree({ hash, workflow });
      const more = !same(project(this.doc), workflow);
      this.show({ kind: more ? "saving" : "saved" }, problems);
      if (more) this.wait(DELAY_MS);
    } catch (error) {
      if (error instanceof ServiceError && error.body.status === 412) await this.mergeAndRetry();
      else this.failed(error);
    }
  }

  private async mergeAndRetry() {
    try {
      await this.takeTheirs();
      this.wait(0);
    } catch (error) {
      this.failed(error);
    }
  }

  private async takeTheirs() {
    const theirs = await this.outside.get();
    const merged = merge(this.base.workflow, project(this.doc), theirs.workflow);
    this.agree(theirs);
    this.doc.transact(() => reconcile(this.doc, merged, this.specs), LOADED);
  }

  private agree(base: Base) {
    this.base = base;
    this.outside.keep(base);
  }

  private readonly failed = (error: unknown) => {
    const away = !(error instanceof ServiceError) || error.body.status === 0 || error.body.status >= 500;
    if (!away) return this.show({ kind: "refused", message: error.message, ...(error.hint && { hint: error.hint }) });
    this.show({ kind: "offline" });
    this.wait(RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)] as number);
  };

  private show(state: SaveState, problems = this.saved.problems) {
    this.saved = { state, problems };
    this.listeners.forEach((listener) => listener());
  }
}
