import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ServiceError } from "../api/client";
import type { Workflow } from "../api/types";
import { addNode, setMeta } from "./edits";
import { load, NO_SPECS } from "./load";
import { project } from "./project";
import { Saver, type Base, type Outside } from "./save";

const BASE: Workflow = { id: "w", name: "before", graph: { nodes: [], edges: [] } };

const refusal = (status: number, code = "x") => new ServiceError({ title: "", status, code, detail: "no" });

/** A service that holds one workflow, as the real one would. */
function service(first: Workflow) {
  let held: Base = { workflow: first, hash: "h0" };
  let count = 0;
  const state = { puts: 0, away: false, refuses: null as ServiceError | null, kept: null as Base | null };
  const outside: Outside = {
    put: (workflow, hash) => {
      state.puts++;
      if (state.away) return Promise.reject(refusal(0));
      if (state.refuses) return Promise.reject(state.refuses);
      if (hash !== held.hash) return Promise.reject(refusal(412, "stale-version"));
      held = { workflow, hash: `h${++count}` };
      return Promise.resolve({ hash: held.hash, problems: [] });
    },
    get: () => (state.away ? Promise.reject(refusal(0)) : Promise.resolve(held)),
    keep: (base) => (state.kept = base),
    after: (ms, act) => {
      const timer = setTimeout(act, ms);
      return () => clearTimeout(timer);
    },
  };
  /** Somebody else saves. */
  const theirs = (workflow: Workflow) => (held = { workflow, hash: `t${++count}` });
  return { outside, state, theirs, held: () => held };
}

function open(workflow = BASE) {
  const doc = load(workflow);
  const at = service(workflow);
  const saver = new Saver(doc, NO_SPECS, { workflow, hash: "h0" }, at.outside);
  return { doc, saver, ...at };
}

describe("saving", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("many edits within a moment are saved once", async () => {
    const { doc, saver, state, held } = open();
    setMeta(doc, "name", "a");
    setMeta(doc, "name", "b");
    expect(saver.saved.state.kind).toBe("saving");
    await vi.advanceTimersByTimeAsync(1000);
    expect(state.puts).toBe(1);
    expect(held().workflow.name).toBe("b");
    expect(saver.saved.state.kind).toBe("saved");
    expect(state.kept?.hash).toBe(held().hash);
  });

  test("what says the same as before is not saved", async () => {
    const { doc, state, saver } = open();
    setMeta(doc, "name", "a");
    setMeta(doc, "name", "before");
    await vi.advanceTimersByTimeAsync(1000);
    expect(state.puts).toBe(0);
    expect(saver.saved.state.kind).toBe("saved");
  });

  test("a newer version at the service is joined, and both changes are saved", async () => {
    const { doc, theirs, held, saver } = open();
    theirs({ ...BASE, tags: ["theirs"] });
    setMeta(doc, "name", "mine");
    await vi.advanceTimersByTimeAsync(2000);
    expect(held().workflow).toMatchObject({ name: "mine", tags: ["theirs"] });
    expect(project(doc)).toEqual(held().workflow);
    expect(saver.saved.state.kind).toBe("saved");
  });

  test("while the service is away nothing is lost, and it is saved when it is back", async () => {
    const { doc, state, held, saver } = open();
    state.away = true;
    setMeta(doc, "name", "typed offline");
    await vi.advanceTimersByTimeAsync(5000);
    expect(saver.saved.state.kind).toBe("offline");
    expect(project(doc).name).toBe("typed offline");
    state.away = false;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(held().workflow.name).toBe("typed offline");
    expect(saver.saved.state.kind).toBe("saved");
  });

  test("a refusal is shown with its reason, and the next edit tries again", async () => {
    const { doc, state, saver } = open();
    state.refuses = refusal(422);
    setMeta(doc, "name", "bad");
    await vi.advanceTimersByTimeAsync(1000);
    expect(saver.saved.state).toEqual({ kind: "refused", message: "no" });
    state.refuses = null;
    setMeta(doc, "name", "good");
    await vi.advanceTimersByTimeAsync(1000);
    expect(saver.saved.state.kind).toBe("saved");
  });

  test("what somebody else saved is taken over at once when I changed nothing", async () => {
    const { doc, theirs, saver, state } = open();
    const { hash } = theirs({ ...BASE, name: "theirs" });
    await saver.heard(hash);
    expect(project(doc).name).toBe("theirs");
    await vi.advanceTimersByTimeAsync(2000);
    expect(state.puts).toBe(0);
  });

  test("an edit during a save is saved after it", async () => {
    const { doc, saver, held, outside } = open();
    const put = outside.put.bind(outside);
    outside.put = async (workflow, hash) => {
      const answer = await put(workflow, hash);
      if (workflow.graph.nodes.length === 0) addNode(doc, { type: "log" });
      return answer;
    };
    setMeta(doc, "name", "first");
    await vi.advanceTimersByTimeAsync(3000);
    expect(held().workflow.graph.nodes.map(({ id }) => id)).toEqual(["log"]);
    expect(saver.saved.state.kind).toBe("saved");
  });
});

describe("a version that the service makes", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("it comes into the document once, and nothing is saved after it", async () => {
    const { doc, saver, state, theirs } = open();
    const accepted = saver.agreeOn(async (base) => {
      const made = theirs({ ...base.workflow, name: "accepted" });
      // The service tells everybody before its answer is here.
      void saver.heard(made.hash);
      await Promise.resolve();
      setMeta(doc, "name", "accepted");
      return made;
    });
    await accepted;
    await vi.advanceTimersByTimeAsync(2000);
    expect(project(doc).name).toBe("accepted");
    expect(state.puts).toBe(0);
    expect(saver.saved.state.kind).toBe("saved");
    expect(state.kept?.workflow.name).toBe("accepted");
  });

  test("when there is none, saving goes on as before", async () => {
    const { doc, saver, held } = open();
    await expect(saver.agreeOn(() => Promise.reject(refusal(409, "stale-proposal")))).rejects.toThrow("no");
    setMeta(doc, "name", "mine");
    await vi.advanceTimersByTimeAsync(2000);
    expect(held().workflow.name).toBe("mine");
  });
});
