/** An event stream that is the answer to a request: `EventSource` can only GET. */

interface StreamEvent {
  name: string;
  data: string;
}

/** Cuts text, as it arrives, into events. Comments and ids mean nothing here. */
export class EventCutter {
  private held = "";

  push(text: string): StreamEvent[] {
    // A line's end may come in two pieces, so what is held is read again.
    this.held = (this.held + text).replaceAll("\r\n", "\n");
    const blocks = this.held.split("\n\n");
    this.held = blocks.pop() ?? "";
    return blocks.flatMap(eventOf);
  }
}

function eventOf(block: string): StreamEvent[] {
  let name = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const [, field, value] = /^(\w+):? ?(.*)$/.exec(line) ?? [];
    if (field === "event") name = value ?? "";
    if (field === "data") data.push(value ?? "");
  }
  return data.length > 0 ? [{ name, data: data.join("\n") }] : [];
}

/** Tells each event of a stream; ends with it. */
export async function hear(response: Response, told: (event: StreamEvent) => void): Promise<void> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  const cutter = new EventCutter();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      cutter.push(value).forEach(told);
    }
  } finally {
    // Whoever stops listening stops the answer; one that has ended or was aborted has nothing to stop.
    await reader.cancel().catch(() => undefined);
  }
}
