import { expect, test } from "vitest";
import { visible } from "./words";

test.each([
  ["plain text, with ünïcödé and 👩‍💻", "plain text, with ünïcödé and 👩‍💻"],
  ["❤️ and 1️⃣ stay, a\uFE0Fb does not", "❤️ and 1️⃣ stay, a⟨U+FE0F⟩b does not"],
  ["bell\u0007, return\r, line\u2028", "bell⟨U+0007⟩, return⟨U+000D⟩, line⟨U+2028⟩"],
  ["lines\n\tstay", "lines\n\tstay"],
  ["zero\u200Bwidth", "zero⟨U+200B⟩width"],
  ["joined\u200Dletters", "joined⟨U+200D⟩letters"],
  ["right\u202Eto left\u202C", "right⟨U+202E⟩to left⟨U+202C⟩"],
  ["isolate\u2066\u2069, mark\uFEFF, soft\u00AD", "isolate⟨U+2066⟩⟨U+2069⟩, mark⟨U+FEFF⟩, soft⟨U+00AD⟩"],
  ["tag\u{E0041}", "tag⟨U+E0041⟩"],
  ["filler\u3164\u115F", "filler⟨U+3164⟩⟨U+115F⟩"],
])("%j is shown as %j", (text, shown) => expect(visible(text)).toBe(shown));
