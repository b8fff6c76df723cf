/**
 * The AI routes, played: a server before the real service that answers these itself and hands everything else on. What is
 * accepted is really saved, by the arithmetic of the editor. For tests of how the editor shows things that the real service
 * shows only by chance or not at all: slow answers, hostile words, refusals.
 */
import { createServer, request as ask } from "node:http";
import { connect } from "node:net";
import { actIn, readDocument } from "./hand.mjs";

const json = (response, value, status = 200) => {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
};

const refuse = (response, status, code, detail, hint) =>
  json(response, { title: code, status, code, detail, hint }, status);

async function bodyOf(request) {
  let text = "";
  for await (const part of request) text += part;
  return text ? JSON.parse(text) : {};
}

/** `script(turn)` answers a chat turn: a list of `[delayMs, event, data]`, where a proposal is named by its id. */
export async function startAiFake(service, play) {
  const { applyPatch } = await readDocument();
  const target = new URL(service.origin);
  const state = {
    mode: "model",
    chats: new Map(),
    proposals: new Map(),
    asked: [],
    sent: [],
    stale: false,
    stopped: 0,
    cookie: "",
  };
  const server = createServer((request, response) => {
    handle(request, response).catch((error) => refuse(response, 500, "fake", String(error.stack ?? error)));
  });

  const real = async (method, path, body) => {
    const answer = await fetch(`${service.origin}/api/v1${path}`, {
      method,
      headers: { "content-type": "application/json", cookie: state.cookie, origin: service.origin },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return { value: text ? JSON.parse(text) : null, hash: (answer.headers.get("etag") ?? "").replaceAll('"', "") };
  };

  const handOn = (request, response) => {
    const onward = ask(
      {
        ...{ host: target.hostname, port: target.port },
        method: request.method,
        path: request.url,
        headers: {
          ...request.headers,
          host: target.host,
          ...(request.headers.origin && { origin: service.origin }),
          ...(request.headers.referer && { referer: service.origin }),
        },
      },
      (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  };

  const stream = async (response, events) => {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    for (const [ms, name, data] of events) {
      if (ms) await new Promise((resolve) => setTimeout(resolve, ms));
      if (response.destroyed) {
        state.stopped++;
        return;
      }
      state.sent.push([name, Date.now()]);
      response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    }
    response.end();
  };

  async function handle(request, response) {
    state.cookie = request.headers.cookie ?? state.cookie;
    const { pathname, searchParams } = new URL(request.url, "http://fake");
    const path = pathname.replace("/api/v1", "");
    const [, room, id, verb] = path.split("/");
    const isOurs =
      pathname.startsWith("/api/v1") &&
      (["ai", "chat", "code", "proposals", "explain"].includes(room) || (room === "runs" && verb === "heal"));
    if (!isOurs) return handOn(request, response);
    const body = await bodyOf(request);
    state.asked.push({ method: request.method, path, body });
    if (room === "ai") return ai(request, response, id, body);
    if (room === "explain") return json(response, play.explain(body));
    if (room === "runs") {
      const healed = play.heal(id, body);
      [...healed.fixes, ...healed.needsLiveTry].forEach((each) => state.proposals.set(each.id, each));
      return stream(response, [
        [20, "progress", { done: 3, of: 12, what: "Replaying “another name of the field”" }],
        [play.healMs ?? 20, "progress", { done: 12, of: 12, what: "Replaying good frames" }],
        [5, "done", healed],
      ]);
    }
    if (room === "proposals") return proposals(response, id, verb, body);
    if (room === "chat" && request.method === "GET" && !id) {
      const query = (searchParams.get("q") ?? "").toLowerCase();
      const items = [...state.chats.values()].filter((chat) =>
        JSON.stringify(chat.turns).toLowerCase().includes(query),
      );
      return json(response, {
        items: items.map((chat) => ({
          id: chat.id,
          workflow: chat.workflow,
          title: chat.turns[0].text,
          updatedAt: chat.turns.at(-1).at,
          turns: chat.turns.length,
        })),
        next: null,
      });
    }
    if (room === "chat" && request.method === "GET") {
      const chat = state.chats.get(id);
      return chat ? json(response, chat) : refuse(response, 404, "no-chat", "there is no such chat");
    }
    if (room === "chat" && request.method === "DELETE") {
      state.chats.delete(id);
      response.writeHead(204);
      return response.end();
    }
    return turn(response, body);
  }

  function ai(request, response, id, body) {
    if (id === "models")
      return json(response, { items: [{ id: "small/quick" }, { id: "large/careful", name: "Large, careful" }] });
    if (id === "test") return json(response, { ok: true, model: "small/quick", ms: 412 });
    if (request.method === "PATCH") Object.assign((state.settings ??= {}), body);
    const isModel = state.mode === "model";
    return json(response, {
      mode: state.mode,
      ...(isModel && { baseUrl: "http://127.0.0.1:11434/v1" }),
      models: isModel
        ? {
            draft: "large/careful",
            code: "small/quick",
            heal: null,
            explain: null,
            node: null,
            ...state.settings?.models,
          }
        : {},
      limits: { runUsd: 0.5, dayUsd: 5, workspaceUsd: null, ...state.settings?.limits },
      spent: { dayUsd: 0.0123, workspaceUsd: 1.4, tokens: 48210 },
      keyFrom: isModel ? "environment" : null,
    });
  }

  async function turn(response, body) {
    const { value: saved, hash } = await real("GET", `/workflows/${body.workflow}`);
    const chat = state.chats.get(body.chat) ?? {
      id: `chat${state.chats.size + 1}`,
      workflow: body.workflow,
      turns: [],
    };
    state.chats.set(chat.id, chat);
    const played = play.turn({ ...body, text: body.text ?? body.sentence, saved, hash, count: chat.turns.length });
    const said = played
      .filter(([, name]) => name === "token")
      .map(([, , data]) => data.text)
      .join("");
    const proposals = played.filter(([, name]) => name === "proposal").map(([, , data]) => data);
    for (const each of proposals) state.proposals.set(each.id, { ...each, chat: chat.id });
    const question = played.find(([, name]) => name === "question")?.[2];
    const done = {
      id: `${chat.id}-${chat.turns.length}`,
      person: "me",
      text: body.text ?? body.sentence,
      at: new Date().toISOString(),
      answer: said,
      ...(question && { question }),
      proposals: proposals.map((each) => each.id),
      tools: played.filter(([, name]) => name === "tool").map(([, , data]) => data),
      receipts: state.mode === "model" ? (play.receipts ?? []) : [],
      by: state.mode === "model" ? "large/careful" : "planner",
    };
    chat.turns.push(done);
    await stream(response, [
      [0, "started", { chat: chat.id, mode: state.mode }],
      ...played,
      [0, "done", { chat: chat.id, turn: done }],
    ]);
  }

  async function proposals(response, id, verb, body) {
    const proposal = state.proposals.get(id);
    if (!proposal) return refuse(response, 404, "no-proposal", "there is no such proposal");
    const closed = (more) => {
      const now = { ...proposal, ...more };
      state.proposals.set(id, now);
      return now;
    };
    if (!verb) return json(response, proposal);
    if (verb === "reject") return json(response, closed({ state: "rejected", by: "me", at: new Date().toISOString() }));
    if (verb === "recover") return json(response, play.recover(body.count));
    if (state.stale)
      return refuse(
        response,
        409,
        "stale-proposal",
        "somebody else changed the node `fetch` since",
        "ask again; the answer will be for the newest version",
      );
    if (body.hash !== proposal.hash)
      return refuse(response, 409, "wrong-hash", "the patch is another one than was shown");
    const parts = body.parts ?? proposal.parts.map((part) => part.id);
    const edits = new Set(proposal.parts.filter((part) => parts.includes(part.id)).flatMap((part) => part.edits));
    const patch = proposal.patch.filter((_, at) => proposal.parts.length === 0 || edits.has(at));
    const { value: saved } = await real("GET", `/workflows/${proposal.workflow}`);
    const { value: known } = await real("GET", "/nodes");
    const specs = new Map(known.map((spec) => [spec.type, spec]));
    // As the service does: in the shared document, under the id that the person announced.
    await actIn(service, state.cookie, proposal.workflow, body.client, (doc) =>
      applyPatch(doc, patch, proposal.title, specs),
    );
    const { hash } = await real("GET", `/workflows/${proposal.workflow}`);
    const value = { hash, problems: [] };
    json(response, {
      proposal: closed({
        state: "accepted",
        by: "me",
        at: new Date().toISOString(),
        version: value.hash,
        acceptedParts: body.parts ?? [],
      }),
      workflow: proposal.workflow,
      version: value.hash,
      applied: proposal.parts.filter((part) => parts.includes(part.id)).map((part) => part.title),
      undo: [{ edit: "setGraph", graph: saved.graph }],
      patch,
      problems: value.problems,
      ...(body.resume && (await play.resumed(real, proposal))),
    });
  }

  // The sockets of the shared documents are the service's own.
  const tunnels = new Set();
  server.on("upgrade", (request, socket, head) => {
    const onward = connect(Number(target.port), target.hostname, () => {
      const headers = { ...request.headers, host: target.host, origin: service.origin };
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      onward.write(`GET ${request.url} HTTP/1.1\r\n${lines.join("")}\r\n`);
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ])
      one.on("error", () => other.destroy()).on("close", () => other.destroy());
    tunnels.add(socket).add(onward);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const stop = async () => {
    server.closeAllConnections();
    // Those of sockets are no longer the server's.
    tunnels.forEach((tunnel) => tunnel.destroy());
    await new Promise((resolve) => server.close(resolve));
  };
  return { ...service, origin, state, stop };
}
