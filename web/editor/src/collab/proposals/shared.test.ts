import { expect, test } from "vitest";
import * as Y from "yjs";
import { sharedProposals } from "./shared";

test("proposals are read, the latest first, and what is none is passed over", () => {
  const doc = new Y.Doc();
  const root = doc.getMap("proposals");
  const put = (id: string, fields: Record<string, unknown>) => root.set(id, new Y.Map(Object.entries(fields)));
  put("01", { title: "First", state: "accepted", by: "guest-1", byName: "Ada", chat: "c", hash: "h", at: "t" });
  put("02", { title: "Second", state: "open", by: "", chat: "" });
  put("03", { title: "Odd", state: "gone" });
  put("04", { state: "rejected", title: 4, by: null });
  root.set("$last", { by: "ai" });
  root.set("05", "text");
  expect(sharedProposals(doc)).toEqual([
    { id: "04", title: "", state: "rejected", by: "", byName: "", chat: "" },
    { id: "02", title: "Second", state: "open", by: "", byName: "", chat: "" },
    { id: "01", title: "First", state: "accepted", by: "guest-1", byName: "Ada", chat: "c" },
  ]);
});
