import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate } from "y-protocols/awareness";
import * as Y from "yjs";
import { Company } from "./company";
import { hide, rename, useMe } from "./me";
import { COLORS, initialsOf, peerOf } from "./peer";
import { follow, keepCompany, usePeople } from "./people";

/** People in one room, whose telling reaches the others at once. */
function room(...names: string[]) {
  const states = names.map(() => new Awareness(new Y.Doc()));
  const told = names.map(() => 0);
  states.forEach((one, at) => {
    one.on(
      "update",
      ({ added, updated, removed }: Record<"added" | "updated" | "removed", number[]>, from: unknown) => {
        if (from === "wire") return;
        told[at] = (told[at] ?? 0) + 1;
        const update = encodeAwarenessUpdate(one, [...added, ...updated, ...removed]);
        for (const other of states) if (other !== one) applyAwarenessUpdate(other, update, "wire");
      },
    );
  });
  const companies = states.map((state, at) => new Company(state, names[at] as string));
  return { companies, told, leave: () => companies.forEach((each) => each.leave()) };
}

beforeEach(() => {
  vi.useFakeTimers();
  useMe.setState({ name: "", isHidden: false });
});
afterEach(() => void vi.useRealTimers());

test("each sees the others with their name, in colours of their own", () => {
  const { companies, leave } = room("Ada Lovelace", "Grace", "Alan");
  vi.advanceTimersByTime(100);
  const [ada, grace] = companies as [Company, Company];
  expect(ada.peers.map(({ name }) => name).sort()).toEqual(["Alan", "Grace"]);
  expect(grace.peers.find(({ name }) => name === "Ada Lovelace")?.initials).toBe("AL");
  const colors = new Set(companies.flatMap(({ peers }) => peers.map(({ color }) => color)));
  expect(colors.size).toBe(3);
  leave();
});

test("who hears of the others only after they came takes a colour that nobody has", () => {
  const [there, comes] = [new Awareness(new Y.Doc()), new Awareness(new Y.Doc())];
  const ada = new Company(there, "Ada");
  const grace = new Company(comes, "Grace");
  grace.color = ada.color;
  applyAwarenessUpdate(comes, encodeAwarenessUpdate(there, [there.clientID]), "wire");
  expect(grace.color).not.toBe(ada.color);
  const before = ada.color;
  vi.advanceTimersByTime(5000);
  grace.color = before;
  grace.call("Grace");
  applyAwarenessUpdate(there, encodeAwarenessUpdate(comes, [comes.clientID]), "wire");
  expect(ada.color).toBe(before);
  ada.leave();
  grace.leave();
});

test("a hand that moves all the time is told thirty times a second, and where it came to rest always", () => {
  const { companies, told, leave } = room("Ada", "Grace");
  const [ada, grace] = companies as [Company, Company];
  vi.advanceTimersByTime(100);
  const before = told[0] as number;
  for (let ms = 0; ms < 1000; ms++) {
    ada.point({ x: ms, y: 0.4 });
    vi.advanceTimersByTime(1);
  }
  ada.point({ x: 5000, y: 1 });
  vi.advanceTimersByTime(100);
  expect((told[0] as number) - before).toBeLessThanOrEqual(32);
  expect((told[0] as number) - before).toBeGreaterThan(20);
  expect(grace.peers[0]?.pointer).toEqual({ x: 5000, y: 1 });
  leave();
});

test("thirty hands are looked at with each frame, and not with each of their moves", () => {
  const { companies, leave } = room("Ada", ...Array.from({ length: 30 }, (_, n) => `P${n}`));
  const [ada, ...others] = companies as [Company, ...Company[]];
  vi.advanceTimersByTime(100);
  let heard = 0;
  ada.subscribe(() => heard++);
  for (let ms = 0; ms < 1000; ms += 10) {
    others.forEach((other, n) => other.point({ x: ms, y: n }));
    vi.advanceTimersByTime(10);
  }
  expect(heard).toBeGreaterThan(20);
  expect(heard).toBeLessThanOrEqual(65);
  vi.advanceTimersByTime(100);
  expect(ada.peers.every(({ pointer }) => pointer?.x === 990)).toBe(true);
  leave();
});

test("what stays as it was is not told again", () => {
  const { companies, told, leave } = room("Ada", "Grace");
  const [ada] = companies as [Company];
  vi.advanceTimersByTime(100);
  ada.look({ x: 1, y: 2, zoom: 1 });
  vi.advanceTimersByTime(100);
  const before = told[0];
  for (let n = 0; n < 10; n++) {
    ada.look({ x: 1, y: 2, zoom: 1 });
    vi.advanceTimersByTime(50);
  }
  expect(told[0]).toBe(before);
  leave();
});

test("alone in a room nobody is told of a hand", () => {
  const { companies, told, leave } = room("Ada");
  const before = told[0];
  for (let n = 0; n < 100; n++) {
    companies[0]?.point({ x: n, y: n });
    vi.advanceTimersByTime(50);
  }
  expect(told[0]).toBe(before);
  leave();
});

test("who hides is not seen, and is seen again as they are now", () => {
  const { companies, leave } = room("Ada", "Grace");
  const [ada, grace] = companies as [Company, Company];
  vi.advanceTimersByTime(100);
  ada.choose(["a"]);
  vi.advanceTimersByTime(100);
  hide(true);
  expect(grace.peers).toEqual([]);
  expect(grace.awareness.getStates().get(ada.client)).toEqual({ user: null });
  hide(false);
  rename("Countess");
  expect(grace.peers[0]).toMatchObject({ name: "Countess", selection: ["a"] });
  leave();
});

test("of a thousand selected and dragged nodes no more is told than the service takes", () => {
  const { companies, leave } = room("Ada", "Grace");
  const [ada, grace] = companies as [Company, Company];
  const ids = Array.from({ length: 1000 }, (_, at) => `node number ${at}`);
  ada.choose(ids);
  ada.drag(new Map(ids.map((id) => [id, { x: 1.5, y: 2 }])));
  vi.advanceTimersByTime(100);
  expect(JSON.stringify(ada.awareness.getLocalState()).length).toBeLessThan(4096);
  expect(grace.peers[0]?.selection.length).toBeGreaterThan(10);
  expect(Object.keys(grace.peers[0]?.drag ?? {}).length).toBeGreaterThan(10);
  leave();
});

test("React draws when somebody comes, goes or turns elsewhere, and not when a hand moves", () => {
  const { companies, leave } = room("Ada", "Grace");
  const [ada, grace] = companies as [Company, Company];
  const stop = keepCompany(grace);
  vi.advanceTimersByTime(100);
  let drawn = 0;
  const off = usePeople.subscribe(() => drawn++);
  for (let n = 0; n < 50; n++) {
    ada.point({ x: n, y: n });
    ada.look({ x: n, y: 0, zoom: 1 });
    vi.advanceTimersByTime(40);
  }
  expect(drawn).toBe(0);
  ada.goTo({ view: "run", run: "r1" });
  ada.see({ seq: 7, frame: { opened: 6, node: "a" } });
  vi.advanceTimersByTime(100);
  expect(drawn).toBe(1);
  expect(usePeople.getState().people[0]?.place).toMatchObject({
    ...{ view: "run", run: "r1", seq: 7 },
    frame: { opened: 6, node: "a" },
  });
  ada.drag(new Map([["a", { x: 1, y: 2 }]]));
  vi.advanceTimersByTime(100);
  expect(usePeople.getState().dragged.get("a")).toEqual({ x: 1, y: 2 });
  ada.drag(null);
  vi.advanceTimersByTime(100);
  expect(usePeople.getState().dragged.size).toBe(0);
  off();
  stop();
  expect(usePeople.getState().company).toBeNull();
  leave();
});

describe("whoever is followed", () => {
  /** Grace follows Ada, of whom there is another tab; `left` is told of what happens then. */
  function following() {
    const { companies, leave } = room("Ada", "Grace", "Ada", "Ada");
    const [ada, grace, tab, again] = companies as [Company, Company, Company, Company];
    again.leave();
    const stop = keepCompany(grace);
    vi.advanceTimersByTime(100);
    follow(ada.client);
    const followed = () => usePeople.getState().following;
    const leaveAll = () => {
      stop();
      leave();
    };
    return { ada, grace, tab, again, followed, stop, leaveAll };
  }

  test("is followed on as another client, when they went to another page, and not as their other tab", () => {
    const { ada, again, followed, leaveAll } = following();
    ada.leave();
    expect(followed()).toBeNull();
    const back = new Company(again.awareness, "Ada");
    vi.advanceTimersByTime(100);
    expect(followed()).toBe(back.client);
    back.leave();
    leaveAll();
  });

  test("is followed on by whom another page was gone to for, and not when that took too long", () => {
    const { ada, grace, followed, stop, leaveAll } = following();
    stop();
    expect(followed()).toBeNull();
    const anew = keepCompany(new Company(grace.awareness, "Grace"));
    expect(followed()).toBe(ada.client);
    anew();
    vi.advanceTimersByTime(6000);
    const late = keepCompany(new Company(grace.awareness, "Grace"));
    expect(followed()).toBeNull();
    late();
    leaveAll();
  });
});

describe("what a stranger tells", () => {
  test.each([null, 7, [], "x", {}, { user: null }, { user: 3 }, { user: { name: "" } }, { user: { name: 4 } }])(
    "%j is nobody",
    (state) => expect(peerOf(1, state)).toBeNull(),
  );

  test("of the wrong shape is left out", () => {
    const peer = peerOf(3, {
      user: { name: "x".repeat(500), color: "red;background:url(//evil)", kind: "root", avatar: {} },
      place: { view: {}, node: 4, run: "", seq: 1.5, frame: { opened: "1", node: "a" }, eye: { x: 0, y: 0, zoom: -1 } },
      pointer: { x: Number.NaN, y: Infinity },
      selection: ["a", 3, null, "x".repeat(1000)],
      drag: { a: { x: 1, y: "2" }, b: { x: 1, y: 2 } },
    });
    expect(peer).toMatchObject({
      color: COLORS[3],
      kind: "person",
      place: { view: "canvas" },
      pointer: null,
      selection: ["a"],
      drag: { b: { x: 1, y: 2 } },
    });
    expect(peer?.name).toHaveLength(60);
    expect(peer?.place).toEqual({ view: "canvas" });
  });

  test.each([
    ["Ada Lovelace", "AL"],
    ["ada", "A"],
    ["a.b-c", "AC"],
    ["🦊 fox", "🦊F"],
    ["---", "?"],
  ])("%s is %s", (name, initials) => expect(initialsOf(name)).toBe(initials));
});
